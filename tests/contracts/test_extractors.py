"""What every registered feature extractor must do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image
from cinemotion.learn.features import FEATURES, Extractor, open_extractor
from featuremodels import keras_model, numpynet_model, onnx_model

MODELS = {"numpynet": numpynet_model, "keras": keras_model, "onnx": onnx_model}
SUFFIXES = {"numpynet": ".npz", "keras": ".keras", "onnx": ".onnx"}
OTHER_SETTING = {
    "classic": "classic:gap",
    "numpynet": "{model}#maxpool2d_1",
    "keras": "{model}#conv",
    "onnx": "{model}#pool",
}


def picture(seed: int, height: int, width: int | None = None) -> Image:
    shape = (height, width or height, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def grey(image: Image) -> Image:
    return np.ascontiguousarray(np.broadcast_to(image[..., :1], image.shape))


SIZES = [(48, 48), (224, 224), (1, 1), (64, 64), (300, 17), (24, 24), (7, 640), (33, 47)]
MIXED = [picture(i, *size) for i, size in enumerate(SIZES)] + [grey(picture(20, 48))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(params=sorted(FEATURES), scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def spec(name: str, folder: Path) -> str:
    if name not in MODELS:
        return name
    return f"{name}:{MODELS[name](folder / f'first{SUFFIXES[name]}')}"


@pytest.fixture(scope="module")
def extractor(spec: str) -> Extractor:
    return open_extractor(spec)


def test_a_vector_of_finite_float32_for_each_picture_of_any_size(extractor: Extractor) -> None:
    vectors = extractor(MIXED)
    assert vectors.shape == (len(MIXED), extractor.dimensions)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_no_pictures_no_vectors(extractor: Extractor) -> None:
    assert extractor([]).shape == (0, extractor.dimensions)


def test_a_batch_equals_one_by_one_in_any_company(extractor: Extractor) -> None:
    single = np.concatenate([extractor([image]) for image in MIXED])
    np.testing.assert_array_equal(extractor(MIXED), single)
    np.testing.assert_array_equal(extractor(MIXED[::-1])[::-1], single)
    np.testing.assert_array_equal(extractor(MIXED * 5), np.tile(single, (5, 1)))


def test_two_openings_agree(extractor: Extractor, spec: str) -> None:
    again = open_extractor(spec)
    assert again.recipe == extractor.recipe
    np.testing.assert_array_equal(again(MIXED), extractor(MIXED))


def test_the_pictures_stay_as_they_are(extractor: Extractor) -> None:
    side = 64
    images = [picture(3, side), picture(4, 24), picture(5, 32, 40)]
    before = [image.copy() for image in images]
    for image in images:
        image.setflags(write=False)
    extractor(images)
    for image, old in zip(images, before, strict=True):
        np.testing.assert_array_equal(image, old)


def test_a_view_is_as_good_as_a_copy(extractor: Extractor) -> None:
    for side in (24, 64, 100):
        turned = picture(6, side)[:, ::-1]
        assert not turned.flags.c_contiguous
        np.testing.assert_array_equal(extractor([turned]), extractor([turned.copy()]))


def test_different_pictures_have_different_vectors(extractor: Extractor) -> None:
    one, other = extractor([picture(7, 64), picture(8, 64)])
    assert not np.allclose(one, other)


def test_pictures_of_one_shade_do_no_harm(extractor: Extractor) -> None:
    flat = [np.full((48, 48, 3), shade, np.uint8) for shade in (0, 128, 255)]
    assert np.isfinite(extractor(flat)).all()


def test_the_recipe_is_json_and_names_the_kind(extractor: Extractor, name: str) -> None:
    recipe = dict(extractor.recipe)
    assert json.loads(json.dumps(recipe)) == recipe
    assert recipe["name"] == name


def test_another_setting_is_another_recipe(extractor: Extractor, spec: str, name: str) -> None:
    if name not in OTHER_SETTING:
        with pytest.raises(BadInputError, match=f"'{name}' takes nothing after a colon"):
            open_extractor(f"{name}:big")
        return
    other = open_extractor(OTHER_SETTING[name].format(model=spec))
    assert other.recipe != extractor.recipe
    assert other.dimensions != extractor.dimensions


@pytest.mark.parametrize("kind", sorted(MODELS))
class TestModels:
    def test_another_file_is_another_recipe_and_a_copy_is_not(
        self, kind: str, tmp_path: Path
    ) -> None:
        suffix = SUFFIXES[kind]
        one = MODELS[kind](tmp_path / f"one{suffix}", seed=1)
        two = MODELS[kind](tmp_path / f"two{suffix}", seed=2)
        copy = tmp_path / f"copy{suffix}"
        copy.write_bytes(one.read_bytes())
        recipes = [open_extractor(f"{kind}:{path}").recipe for path in (one, copy, two)]
        assert recipes[0] == recipes[1] != recipes[2]

    def test_a_missing_or_damaged_file_is_one_line(self, kind: str, tmp_path: Path) -> None:
        path = MODELS[kind](tmp_path / f"model{SUFFIXES[kind]}")
        data = path.read_bytes()
        damaged = {
            "none": None,
            "text": b"hello",
            "empty": b"",
            "half": data[: len(data) // 2],
        }
        for name, content in damaged.items():
            bad = tmp_path / f"{name}{SUFFIXES[kind]}"
            if content is not None:
                bad.write_bytes(content)
            with pytest.raises(BadInputError, match=name) as caught:
                open_extractor(f"{kind}:{bad}")
            assert "\n" not in str(caught.value)

    def test_a_file_must_be_named(self, kind: str, tmp_path: Path) -> None:
        with pytest.raises(BadInputError, match=f"no model is named; write {kind}:MODEL"):
            open_extractor(kind)
        with pytest.raises(BadInputError, match="cannot read the model"):
            open_extractor(f"{kind}:{tmp_path}")

    def test_an_unknown_layer_is_answered_with_those_there_are(
        self, kind: str, tmp_path: Path
    ) -> None:
        path = MODELS[kind](tmp_path / f"model{SUFFIXES[kind]}")
        with pytest.raises(BadInputError, match=r"has no (layer|tensor) 'sky'; .*: \w"):
            open_extractor(f"{kind}:{path}#sky")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(BadInputError, match="unknown feature extractor 'sift'; choose one of"):
        open_extractor("sift")
