"""Quality scores: each falls when its own property gets worse, and only says what it should."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import skimage.data
import skimage.measure
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.core.errors import BadRecipeError
from cinemotion.core.types import Floats, Image
from cinemotion.curate.measures import measure_frontality, measure_sharpness
from cinemotion.curate.quality import (
    REASONS,
    Quality,
    judge,
    score_frame_quality,
    score_quality,
)
from cinemotion.recipes import QualityGates

THRESHOLDS = QualityGates().model_dump()

# The astronaut's face, cut at (112, 20) with 224 pixels; five points by eye.
POINTS = np.array([(134, 83), (91, 80), (110, 106), (130, 122), (92, 121)], np.float32)
NAMES = [field.name for field in dataclasses.fields(Quality)]
GOOD = Quality(**dict.fromkeys(NAMES, 1.0))


@pytest.fixture(scope="module")
def crop() -> Image:
    image: Image = np.ascontiguousarray(skimage.data.astronaut()[20:244, 112:336])
    image.flags.writeable = False
    return image


def score(
    image: Image, points: Floats = POINTS, size: float = 130, detector: float = 0.9
) -> Quality:
    return score_quality(image, points, size, detector)


def assert_falls(scores: list[float]) -> None:
    assert (np.diff(scores) <= 1e-9).all()
    assert scores[-1] < 0.7 * scores[0]


def test_a_good_portrait_passes_with_high_scores(crop: Image) -> None:
    quality = score(crop)
    assert judge(quality, THRESHOLDS) is None
    assert quality.sharpness > 0.45
    assert min(quality.exposure, quality.contrast, quality.size, quality.pose) > 0.7
    assert quality.detector == pytest.approx(0.9)
    assert quality.overall > 0.7


def test_blur_lowers_sharpness(crop: Image) -> None:
    blurred = [cv2.GaussianBlur(crop, (0, 0), sigma) for sigma in (0.3, 1, 2, 4, 8)]
    assert_falls([score(np.asarray(image, np.uint8)).sharpness for image in blurred])


@pytest.mark.parametrize("kernel", [(1, 15), (15, 1)])
def test_motion_blur_in_one_direction_counts(crop: Image, kernel: tuple[int, int]) -> None:
    moved = np.asarray(cv2.blur(crop, kernel), np.uint8)
    assert score(moved).sharpness < 0.7 * score(crop).sharpness


def test_a_small_face_enlarged_is_not_sharp(crop: Image) -> None:
    scores = []
    for side in (224, 112, 56, 28):
        small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
        again = cv2.resize(small, (224, 224), interpolation=cv2.INTER_CUBIC)
        scores.append(score(np.asarray(again, np.uint8), size=130 * side / 224).sharpness)
    assert_falls(scores)
    assert scores[-1] < THRESHOLDS["sharpness"]


def test_grain_does_not_make_an_enlarged_face_sharp(crop: Image) -> None:
    small = cv2.resize(crop, (28, 28), interpolation=cv2.INTER_AREA)
    again = np.asarray(cv2.resize(small, (224, 224), interpolation=cv2.INTER_CUBIC), np.float64)
    noisy = again + np.random.default_rng(0).normal(0, 12, again.shape)
    quality = score(np.clip(noisy, 0, 255).astype(np.uint8), size=130 / 8)
    assert quality.sharpness < THRESHOLDS["sharpness"]


@pytest.mark.parametrize("side", [176, 320, 448])
def test_the_crop_size_hardly_changes_the_scores(crop: Image, side: int) -> None:
    method = cv2.INTER_AREA if side < 224 else cv2.INTER_CUBIC
    other = np.asarray(cv2.resize(crop, (side, side), interpolation=method), np.uint8)
    one, two = score(crop), score(other, POINTS * np.float32(side / 224))
    for name in NAMES:
        assert getattr(two, name) == pytest.approx(getattr(one, name), abs=0.06)


def test_contrast_does_not_count_as_sharpness(crop: Image) -> None:
    flat = np.rint(crop * 0.4 + 76).astype(np.uint8)
    assert score(flat).sharpness == pytest.approx(score(crop).sharpness, abs=0.08)


def test_sharpness_agrees_with_another_implementation(crop: Image) -> None:
    luma = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)
    for sigma in (1.0, 2.0, 4.0):
        blurred = np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.float32)
        theirs = 1 - skimage.measure.blur_effect(blurred / 255, h_size=9)
        assert measure_sharpness(blurred) == pytest.approx(theirs, abs=0.12)


def test_darkness_lowers_exposure(crop: Image) -> None:
    assert_falls([score((crop * f).astype(np.uint8)).exposure for f in (1, 0.5, 0.25, 0.1, 0.02)])


def test_glare_lowers_exposure(crop: Image) -> None:
    bright = [np.clip(crop.astype(int) + add, 0, 255).astype(np.uint8) for add in (0, 60, 120, 200)]
    assert_falls([score(image).exposure for image in bright])


def test_dark_and_light_skin_are_exposed_alike(crop: Image) -> None:
    assert score((crop * 0.55).astype(np.uint8)).exposure > 0.9


def test_flatness_lowers_contrast(crop: Image) -> None:
    mean = crop.mean()
    flat = [np.rint(mean + (crop - mean) * f).astype(np.uint8) for f in (1, 0.6, 0.3, 0.1, 0)]
    scores = [score(image).contrast for image in flat]
    assert_falls(scores)
    assert scores[-1] == 0


@given(st.floats(1, 3000), st.floats(1, 3000))
def test_size_grows_with_the_box(one: float, other: float) -> None:
    image = np.full((64, 64, 3), 99, np.uint8)
    points = POINTS * np.float32(64 / 224)
    small, large = (score(image, points, size).size for size in sorted((one, other)))
    assert 0 < small <= large <= 1


def turned(degrees: float, nod: float = 0.0) -> Floats:
    """Five points of a simple head, turned about its upright axis, then nodded."""
    head = np.array(
        [(0.5, -0.5, 0), (-0.5, -0.5, 0), (0, 0.05, 0.5), (0.4, 0.5, 0), (-0.4, 0.5, 0)]
    )
    a, b = np.radians(degrees), np.radians(nod)
    x = head[:, 0] * np.cos(a) + head[:, 2] * np.sin(a)
    z = head[:, 2] * np.cos(a) - head[:, 0] * np.sin(a)
    y = head[:, 1] * np.cos(b) + z * np.sin(b)
    return (np.stack([x, y], axis=1) * 60 + 112).astype(np.float32)


@pytest.mark.parametrize("side", [-1, 1])
def test_turning_lowers_pose(side: int) -> None:
    scores = [measure_frontality(turned(side * a)) for a in (0, 15, 30, 45, 60, 75, 90)]
    assert_falls(scores)
    assert scores[0] > 0.95
    assert scores[-1] < 0.01
    np.testing.assert_allclose(scores, 1 - np.arange(0, 105, 15) / 90, atol=0.03)


@pytest.mark.parametrize("side", [-1, 1])
def test_nodding_lowers_pose(side: int) -> None:
    assert_falls([measure_frontality(turned(0, side * a)) for a in (0, 10, 20, 30, 40)])


def test_pose_does_not_depend_on_size_and_place() -> None:
    points = turned(25)
    assert measure_frontality(points * 3 + 50) == pytest.approx(measure_frontality(points))


def test_points_upside_down_are_no_frontal_face() -> None:
    assert measure_frontality(turned(0)[[3, 4, 2, 0, 1]]) == 0


@given(
    st.lists(st.floats(-500, 700, width=32), min_size=10, max_size=10),
    st.floats(0.1, 5000),
    st.floats(-1, 2),
)
def test_any_landmarks_give_scores_in_range(
    points: list[float], size: float, detector: float
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    quality = score_quality(image, np.array(points, np.float32).reshape(5, 2), size, detector)
    assert all(0 <= value <= 1 for value in dataclasses.astuple(quality))
    assert 0 <= quality.overall <= 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_crops_have_neither_sharpness_nor_contrast(level: int) -> None:
    quality = score(np.full((224, 224, 3), level, np.uint8))
    assert quality.sharpness == quality.contrast == quality.overall == 0


def test_the_crop_stays_as_it_is_and_twice_is_the_same(crop: Image) -> None:
    assert score(crop) == score(crop)  # the fixture is not writeable


@pytest.mark.parametrize("name", NAMES)
def test_each_score_has_its_reason(name: str) -> None:
    low = dataclasses.replace(GOOD, **{name: 0.01})
    assert judge(low, THRESHOLDS) == REASONS[name]
    assert judge(low, {}) is None
    assert judge(low, {name: 0.01}) is None
    assert low.overall < GOOD.overall


def test_the_first_reason_wins_whatever_the_order_of_thresholds() -> None:
    bad = Quality(**dict.fromkeys(NAMES, 0.0))
    for thresholds in (THRESHOLDS, dict(reversed(THRESHOLDS.items()))):
        assert judge(bad, thresholds) == "low_score"
    assert set(THRESHOLDS) == set(REASONS) == set(NAMES)


def test_an_unknown_threshold_is_refused() -> None:
    with pytest.raises(BadRecipeError, match="unknown quality threshold 'beauty'"):
        judge(GOOD, {"beauty": 0.5})


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_scores_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="pose must be in"):
        dataclasses.replace(GOOD, pose=value)


def test_whole_frames_are_scored_by_light_alone() -> None:
    frame = skimage.data.astronaut()
    quality = score_frame_quality(frame)
    assert quality.size == quality.pose == quality.detector == 1
    assert min(quality.sharpness, quality.exposure, quality.contrast) > 0.5
    blurred = score_frame_quality(np.asarray(cv2.GaussianBlur(frame, (0, 0), 6), np.uint8))
    assert blurred.sharpness < 0.5 * quality.sharpness
    assert score_frame_quality((frame * 0.05).astype(np.uint8)).exposure < 0.1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (2, 2), (9, 700)])
def test_tiny_frames_are_scored(size: tuple[int, int]) -> None:
    assert 0 <= score_frame_quality(np.full((*size, 3), 90, np.uint8)).overall <= 1


@pytest.mark.footage
def test_fades_to_black_and_to_white_show_in_exposure(footage: Path) -> None:
    with av.open(str(footage / "fades.mp4")) as container:
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)][::5]
    light = np.array([frame.mean() for frame in frames])
    exposure = np.array([score_frame_quality(frame).exposure for frame in frames])
    assert exposure[light < 16].max() == exposure[light > 250].max() == 0
    assert exposure[(light > 70) & (light < 200)].min() > 0.95
