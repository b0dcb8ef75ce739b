"""What every registered detector must do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.cbook
import numpy as np
import pytest
import skimage.data
from PIL import Image as PillowImage

from cinemotion.core.errors import BadInputError, BadRecipeError, WeightsError
from cinemotion.core.types import Faces, Image
from cinemotion.core.weights import OFFLINE_FOLDER, WEIGHTS, find_weight
from cinemotion.faces.boxes import iou
from cinemotion.faces.detector import DETECTORS, Detector, open_detector

# Forehead to chin, temple to temple, written down by eye.
PORTRAITS = {"astronaut": (181, 75, 268, 178), "hopper": (180, 135, 348, 335)}


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each registered name; skips those whose weights would have to be downloaded."""
    with pytest.MonkeyPatch.context() as patch:
        weight = WEIGHTS[request.param]
        if weight.package is None:
            shared: Path = request.getfixturevalue("shared")
            patch.setenv(OFFLINE_FOLDER, str(shared / "weights"))
            if find_weight(request.param) is None:
                pytest.skip(f"no {weight.file} in {shared / 'weights'}")
        yield request.param


@pytest.fixture(scope="module")
def detector(name: str) -> Detector:
    return open_detector(name, min_score=0.5)


@pytest.fixture(scope="module")
def portraits() -> dict[str, Image]:
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(PillowImage.open(file).convert("RGB"))
    return {"astronaut": skimage.data.astronaut(), "hopper": hopper}


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def assert_equal(one: Faces, other: Faces, tolerance: float) -> None:
    assert len(one) == len(other)
    np.testing.assert_allclose(one.boxes, other.boxes, atol=tolerance)
    np.testing.assert_allclose(one.landmarks, other.landmarks, atol=tolerance)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)


def test_it_says_who_it_is(detector: Detector, name: str) -> None:
    assert detector.name == name
    assert detector.weights_sha256 == WEIGHTS[name].sha256


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_pictures_have_no_face(detector: Detector, level: int) -> None:
    assert [len(f) for f in detector.detect([np.full((90, 160, 3), level, np.uint8)])] == [0]


def test_no_pictures_give_no_answers(detector: Detector) -> None:
    assert detector.detect([]) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (700, 2), (33, 31), (300, 400)])
def test_noise_of_any_size_is_answered(detector: Detector, size: tuple[int, int]) -> None:
    [faces] = detector.detect([noise(*size)])
    assert_inside(faces, size)


def assert_inside(faces: Faces, size: tuple[int, int]) -> None:
    height, width = size
    assert np.isfinite(faces.landmarks).all()
    assert (faces.boxes >= 0).all()
    assert (faces.boxes <= [width, height, width, height]).all()
    assert (faces.boxes[:, :2] < faces.boxes[:, 2:]).all()
    assert ((faces.scores >= 0) & (faces.scores <= 1)).all()
    assert (np.diff(faces.scores) <= 0).all()


@pytest.mark.parametrize("portrait", sorted(PORTRAITS))
def test_it_finds_the_face(detector: Detector, portraits: dict[str, Image], portrait: str) -> None:
    [faces] = detector.detect([portraits[portrait]])
    assert len(faces) == 1
    truth = np.array([PORTRAITS[portrait]], np.float32)
    assert iou(faces.boxes, truth)[0, 0] > 0.5


@pytest.mark.parametrize("portrait", sorted(PORTRAITS))
def test_landmarks_come_in_our_order(
    detector: Detector, portraits: dict[str, Image], portrait: str
) -> None:
    [faces] = detector.detect([portraits[portrait]])
    left_eye, right_eye, nose, left_mouth, right_mouth = faces.landmarks[0]
    assert left_eye[0] > nose[0] > right_eye[0]  # the subject's left is on our right
    assert left_mouth[0] > right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_landmarks_are_where_they_should_be(
    detector: Detector, portraits: dict[str, Image]
) -> None:
    [faces] = detector.detect([portraits["astronaut"]])
    by_eye = [(246, 103), (203, 100), (222, 126), (242, 142), (204, 141)]
    np.testing.assert_allclose(faces.landmarks[0], by_eye, atol=6)


def test_faces_cut_by_the_edge_stay_inside(detector: Detector, portraits: dict[str, Image]) -> None:
    half = portraits["astronaut"][100:400, :240]
    [faces] = open_detector(detector.name, min_score=0.1).detect([half])
    assert len(faces) > 0
    assert_inside(faces, half.shape[:2])


def test_coordinates_follow_the_picture_not_the_network(
    detector: Detector, portraits: dict[str, Image]
) -> None:
    large = np.asarray(PillowImage.fromarray(portraits["astronaut"]).resize((1537, 1537)))
    one, other = detector.detect([portraits["astronaut"], large])
    np.testing.assert_allclose(one.boxes * 1537 / 512, other.boxes, atol=12)


def test_the_input_stays_as_it_is(detector: Detector, portraits: dict[str, Image]) -> None:
    image = portraits["astronaut"].copy()
    image.flags.writeable = False
    detector.detect([image])
    np.testing.assert_array_equal(image, portraits["astronaut"])


def test_twice_the_same_is_the_same(detector: Detector, portraits: dict[str, Image]) -> None:
    first, second = detector.detect([portraits["hopper"]]), detector.detect([portraits["hopper"]])
    assert_equal(first[0], second[0], tolerance=0)


def test_a_batch_equals_single_pictures(detector: Detector, portraits: dict[str, Image]) -> None:
    astronaut, hopper = portraits["astronaut"], portraits["hopper"]
    images = [astronaut, noise(300, 400), hopper, astronaut[:, ::-1], astronaut, noise(1, 1)]
    images += [astronaut[::-1], astronaut // 2]
    for image, faces in zip(images, detector.detect(images), strict=True):
        assert_equal(faces, detector.detect([image])[0], tolerance=1e-3)


def test_views_that_are_not_contiguous_are_read_right(
    detector: Detector, portraits: dict[str, Image]
) -> None:
    mirrored = portraits["astronaut"][:, ::-1]
    one, other = detector.detect([mirrored, np.ascontiguousarray(mirrored)])
    assert_equal(one, other, tolerance=0)


def test_a_higher_score_leaves_fewer(name: str, portraits: dict[str, Image]) -> None:
    images = [portraits["astronaut"]]
    [many], [none] = (open_detector(name, min_score=s).detect(images) for s in (0.02, 1.0))
    assert len(many) > 1
    assert len(none) == 0


@pytest.mark.parametrize("portrait", sorted(PORTRAITS))
def test_red_is_read_as_red(name: str, portraits: dict[str, Image], portrait: str) -> None:
    image = portraits[portrait]
    right, swapped = open_detector(name, min_score=0.5).detect([image, image[..., ::-1]])
    assert right.scores[0] > swapped.scores[0] + 0.004  # blue skin is a little less of a face


def test_a_second_scale_finds_small_faces(name: str, portraits: dict[str, Image]) -> None:
    scene = np.full((1600, 1600, 3), 90, np.uint8)
    small = PillowImage.fromarray(portraits["astronaut"][:256, 96:352]).resize((80, 80))
    scene[700:780, 900:980] = np.asarray(small)
    scene[100:612, 100:612] = portraits["astronaut"]
    [once] = open_detector(name, min_score=0.5, long_side=256).detect([scene])
    [twice] = open_detector(name, min_score=0.5, long_side=256, scales=(1, 4)).detect([scene])
    assert (len(once), len(twice)) == (1, 2)
    x, y = twice.boxes[twice.boxes[:, 0].argmax(), :2]
    assert 900 < x < 980
    assert 700 < y < 780


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_image_is_refused(detector: Detector, image: Image) -> None:
    with pytest.raises(ValueError, match="expected an RGB image"):
        detector.detect([image])


def test_an_unknown_name_answers_with_the_choices() -> None:
    with pytest.raises(BadInputError, match="choose one of: centerface, centerface-float, yunet"):
        open_detector("haar", min_score=0.5)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"min_score": 1.5}, "min_score"),
        ({"min_score": 0.5, "long_side": 16}, "long_side"),
        ({"min_score": 0.5, "scales": ()}, "scales"),
        ({"min_score": 0.5, "scales": (1.0, 0.0)}, "scales"),
        ({"min_score": 0.5, "threads": 0}, "threads"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], word: str) -> None:
    with pytest.raises(BadRecipeError, match=word):
        open_detector("centerface", **settings)


def test_wrong_weights_never_load(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / WEIGHTS[name].file).write_bytes(b"not these")
    monkeypatch.setenv(OFFLINE_FOLDER, str(tmp_path))
    with pytest.raises(WeightsError, match="not the expected weight file"):
        open_detector(name, min_score=0.5)
