"""Named standardisation steps, each registered one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image
from cinemotion.faces.standardise import STANDARDISATIONS, standardise


@pytest.fixture(scope="module")
def face() -> Image:
    image: Image = np.ascontiguousarray(skimage.data.astronaut()[20:244, 112:336])
    image.flags.writeable = False
    return image


@pytest.mark.parametrize("step", sorted(STANDARDISATIONS))
@pytest.mark.parametrize("size", [(224, 224), (1, 1), (7, 5)])
def test_every_step_keeps_shape_and_type(face: Image, step: str, size: tuple[int, int]) -> None:
    out = standardise(face[: size[0], : size[1]], [step])
    assert out.shape == (*size, 3)
    assert out.dtype == np.uint8


@pytest.mark.parametrize("step", sorted(STANDARDISATIONS))
def test_every_step_takes_a_flat_image(step: str) -> None:
    out = standardise(np.full((32, 32, 3), 77, np.uint8), [step])
    assert out.std() == 0


def test_without_steps_nothing_happens(face: Image) -> None:
    assert standardise(face, []) is face


def test_grey_is_luma(face: Image) -> None:
    out = standardise(face, ["grey"])
    luma = face @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(out, np.repeat(luma[..., None], 3, axis=2), atol=0.6)


def test_equalise_spreads_a_dull_image(face: Image) -> None:
    dull = (face // 4 + 90).astype(np.uint8)
    out = standardise(dull, ["grey", "equalise"])
    assert (out.min(), out.max()) == (0, 255)
    assert out.std() > 2 * dull.std()


def test_clahe_lifts_local_contrast_less_than_all(face: Image) -> None:
    dull = (face // 4 + 90).astype(np.uint8)
    out = standardise(dull, ["grey", "clahe"])
    assert dull.std() < out.std() < standardise(dull, ["grey", "equalise"]).std()


@pytest.mark.parametrize("step", ["equalise", "clahe"])
def test_light_changes_and_hue_stays(face: Image, step: str) -> None:
    before, after = (
        cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb) for image in (face, standardise(face, [step]))
    )
    assert np.abs(before[..., 0].astype(int) - after[..., 0]).max() > 10
    changed = np.abs(before[..., 1:].astype(int) - after[..., 1:])
    assert np.median(changed) <= 1


def test_per_image_standardise_undoes_light_and_contrast(face: Image) -> None:
    darker = np.rint(face * 0.5 + 20).astype(np.uint8)
    one, other = (standardise(image, ["per_image_standardise"]) for image in (face, darker))
    assert np.abs(one.astype(int) - other).max() <= 3
    z = (face - face.mean()) / face.std()
    np.testing.assert_allclose(one, np.clip(127.5 + 42.5 * z, 0, 255), atol=0.51)


def test_steps_run_in_the_order_given(face: Image) -> None:
    one = standardise(face, ["grey", "per_image_standardise"])
    other = standardise(face, ["per_image_standardise", "grey"])
    assert (one != other).any()


def test_an_unknown_step_answers_with_the_choices(face: Image) -> None:
    with pytest.raises(BadInputError, match="choose one of: clahe, equalise, grey"):
        standardise(face, ["sepia"])
