"""What every embedder must do, run over all that are registered."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from cinemotion.core.errors import BadInputError
from cinemotion.core.weights import OFFLINE_FOLDER, WEIGHTS, find_weight
from cinemotion.faces.align import align_face
from cinemotion.faces.detector import open_detector
from cinemotion.faces.identity import EMBEDDERS, Embedder, open_embedder


@pytest.fixture(scope="module", params=sorted(EMBEDDERS))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Each registered embedder; skips those whose weights would have to be downloaded."""
    if request.param in WEIGHTS and find_weight(request.param) is None:
        pytest.skip(
            f"no {WEIGHTS[request.param].file} on this machine; {OFFLINE_FOLDER} may name it"
        )
    return open_embedder(request.param)


@pytest.fixture(scope="module")
def portraits() -> tuple[list[np.ndarray], np.ndarray]:
    """Two people, each twice: as they are, and darker and turned a little."""
    import matplotlib.cbook as cbook
    from PIL import Image as Pillow

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(Pillow.open(file).convert("RGB"))
    finder = open_detector("centerface", min_score=0.5)
    crops, points = [], []
    for picture in (data.astronaut(), hopper):
        turned = Pillow.fromarray(picture).rotate(6, resample=Pillow.Resampling.BICUBIC)
        darker = (np.asarray(turned) * 0.75).astype(np.uint8)
        for image in (picture, darker):
            faces = finder.detect([np.ascontiguousarray(image)])[0]
            cut = align_face(image, faces.landmarks[0], faces.boxes[0], 192)
            crops.append(cut.image)
            points.append(cut.landmarks)
    return crops, np.stack(points)


def test_one_person_is_near_and_two_are_far(
    embedder: Embedder, portraits: tuple[list[np.ndarray], np.ndarray]
) -> None:
    vectors = embedder(*portraits)
    assert vectors.shape == (4, embedder.dimensions) and vectors.dtype == np.float32
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    assert max(apart[0, 1], apart[2, 3]) < embedder.limit < apart[:2, 2:].min()


def test_a_batch_says_the_same_and_inputs_stay(
    embedder: Embedder, portraits: tuple[list[np.ndarray], np.ndarray]
) -> None:
    crops, points = portraits
    before = [crop.copy() for crop in crops]
    together = embedder(crops, points)
    for at, crop in enumerate(crops):
        assert np.allclose(embedder([crop], points[at : at + 1])[0], together[at], atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before, crops, strict=True))
    assert embedder([], np.zeros((0, 5, 2), np.float32)).shape == (0, embedder.dimensions)


def test_the_recipe_names_what_the_numbers_depend_on(embedder: Embedder) -> None:
    assert embedder.recipe["name"] in EMBEDDERS
    assert all(len(digest) == 64 for digest in embedder.recipe["weights"])


def test_an_unknown_embedder_is_named() -> None:
    with pytest.raises(BadInputError, match="dlib"):
        open_embedder("nobody")
