"""Aligned crops: geometry, robustness, pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.core.types import Floats
from cinemotion.faces.align import align_face, crop_matrix

# A frontal face one unit high from eyes to mouth, around the middle of both.
FRONTAL = np.array([[0.5, -0.5], [-0.5, -0.5], [0.0, 0.05], [0.42, 0.5], [-0.42, 0.5]])
PROFILE = np.array([[0.02, -0.5], [0.0, -0.5], [0.35, 0.05], [0.02, 0.5], [0.0, 0.5]])


def placed(
    shape: np.ndarray, height: float, degrees: float, x: float, y: float
) -> tuple[Floats, Floats]:
    """Landmarks and box of a face, turned by so many degrees clockwise in the picture."""
    a = np.radians(degrees)
    points = shape * height @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + (x, y)
    middle, half = np.array([x, y]), np.array([1.0, 1.4]) * height
    box = np.concatenate([middle - half, middle + half])
    return points.astype(np.float32), box.astype(np.float32)


def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (400, 500, 3), dtype=np.uint8)


@given(
    height=st.floats(8, 200),
    degrees=st.floats(-170, 170),
    x=st.floats(-50, 600),
    y=st.floats(-50, 500),
    margin=st.floats(1, 4),
)
def test_eyes_are_level_and_the_face_is_in_the_middle(
    height: float, degrees: float, x: float, y: float, margin: float
) -> None:
    points, box = placed(FRONTAL, height, degrees, x, y)
    matrix = crop_matrix(points, box, 224, margin)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    assert abs(moved[0, 1] - moved[1, 1]) < 0.1
    assert moved[0, 0] > moved[1, 0]  # upright: the subject's left eye on our right
    assert moved[3:, 1].mean() > moved[:2, 1].mean()
    centre = (moved[:2].mean(axis=0) + moved[3:].mean(axis=0)) / 2
    np.testing.assert_allclose(centre, [112, 112], atol=0.1)
    # Two eye distances are one face size, and the crop is `margin` face sizes wide.
    assert moved[0, 0] - moved[1, 0] == pytest.approx(224 / margin / 2, rel=1e-3)


@given(degrees=st.floats(-60, 60), height=st.floats(10, 100))
def test_a_profile_is_neither_blown_up_nor_tilted(degrees: float, height: float) -> None:
    points, box = placed(PROFILE, height, degrees, 200, 200)
    matrix = crop_matrix(points, box, 224, 2.0)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    down = moved[3:].mean(axis=0) - moved[:2].mean(axis=0)
    assert abs(down[0]) < 0.1
    assert down[1] == pytest.approx(224 / 2 / 1.8, rel=1e-3)


def test_turning_the_head_changes_the_angle_without_a_jump() -> None:
    tilted = FRONTAL.copy()
    tilted[0, 1] += 0.05
    angles = []
    for width in np.linspace(1.0, 0.02, 200):
        points, box = placed(tilted * [width, 1.0], 50, 0, 200, 200)
        matrix = crop_matrix(points, box, 224, 2.0)
        angles.append(np.degrees(np.arctan2(matrix[0, 1], matrix[0, 0])))
    assert np.abs(np.diff(angles)).max() < 1.0


@pytest.mark.parametrize("wrong", [0.01, 50.0])
def test_wrong_landmarks_are_held_by_the_box(wrong: float) -> None:
    _, box = placed(FRONTAL, 50, 0, 200, 200)
    points, _ = placed(FRONTAL, 50 * wrong, 0, 200, 200)
    scale = np.sqrt(np.linalg.det(crop_matrix(points, box, 224, 2.0)[:, :2]))
    size = np.sqrt(100 * 140)
    assert 224 / 2 / (1.2 * size) <= scale * 1.001
    assert scale <= 224 / 2 / (0.6 * size) * 1.001


def test_landmarks_in_one_place_leave_the_face_upright() -> None:
    matrix = crop_matrix(
        np.full((5, 2), 100, np.float32), np.array([50, 50, 150, 150], np.float32), 64, 2.0
    )
    assert matrix[0, 1] == 0
    assert matrix[0, 0] > 0


def test_landmarks_and_matrix_agree_with_the_pixels() -> None:
    image = np.zeros((400, 500, 3), np.uint8)
    points, box = placed(FRONTAL, 60, 25, 240, 190)
    for x, y in points:
        image[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 255
    crop = align_face(image, points, box, 224)
    assert crop.image.shape == (224, 224, 3)
    for x, y in crop.landmarks:
        near = crop.image[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9, 0].astype(float)
        rows, columns = np.mgrid[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9] + 0.5
        middle = np.array([(near * columns).sum(), (near * rows).sum()]) / near.sum()
        np.testing.assert_allclose(middle, [x, y], atol=1.0)
    both = np.column_stack([points, np.ones(5)]) @ crop.matrix.T
    np.testing.assert_allclose(both, crop.landmarks, atol=1e-3)


def test_a_tighter_framing_can_be_cut_from_the_crop() -> None:
    smooth = np.add.outer(np.arange(400) / 4, np.arange(500) / 4).astype(np.uint8)
    image = np.repeat(smooth[..., None], 3, axis=2)
    points, box = placed(FRONTAL, 56, 0, 250, 200)
    wide, tight = align_face(image, points, box, 224), align_face(image, points, box, 112, 1.0)
    middle = wide.image[56:168, 56:168].astype(int)
    assert np.abs(middle - tight.image).max() <= 1


@pytest.mark.parametrize(("x", "y"), [(0, 0), (500, 400), (-300, 200)])
def test_faces_at_and_beyond_the_edge_are_cut_all_the_same(x: float, y: float) -> None:
    points, box = placed(FRONTAL, 40, 10, x, y)
    crop = align_face(frame(), points, box, 96)
    assert crop.image.shape == (96, 96, 3)
    assert crop.landmarks.dtype == crop.matrix.dtype == np.float32


def test_the_frame_stays_as_it_is() -> None:
    image = frame()
    image.flags.writeable = False
    points, box = placed(FRONTAL, 40, 10, 250, 200)
    np.testing.assert_array_equal(image, frame())
    align_face(image, points, box, 96)


@pytest.mark.parametrize("bad", ["no area", "not finite"])
def test_impossible_faces_are_refused(bad: str) -> None:
    points, box = placed(FRONTAL, 40, 0, 250, 200)
    if bad == "no area":
        box[2] = box[0]
    else:
        points[2, 0] = np.nan
    with pytest.raises(ValueError, match="cannot align a face"):
        align_face(frame(), points, box, 96)
