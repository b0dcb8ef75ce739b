from __future__ import annotations

import numpy as np
import pytest

from cinemotion.faces.align import align_face
from cinemotion.faces.framing import Framing, cut_face, reframe

EYES = np.array([[120, 80], [80, 80], [100, 100], [115, 120], [85, 120]], np.float32)
BOX = np.array([60, 50, 140, 150], np.float32)


def scene() -> np.ndarray:
    y, x = np.mgrid[:200, :200]
    return np.stack([x, y, (x + y) // 2], axis=-1).astype(np.uint8)


def test_our_own_framing_is_that_of_the_crops() -> None:
    crop = align_face(scene(), EYES, BOX, 96).image
    np.testing.assert_array_equal(cut_face(scene(), EYES, BOX, 96, Framing()), crop)


def test_a_tighter_framing_of_a_crop_is_the_one_cut_from_the_frame() -> None:
    wanted = Framing(1.3, lift=0.08)
    crop = align_face(scene(), EYES, BOX, 224).image
    inner = reframe(crop, Framing(), wanted)
    side = inner.shape[0]
    assert side == pytest.approx(224 * 1.3 / 2, abs=1)
    direct = cut_face(scene(), EYES, BOX, side, wanted)
    assert np.abs(inner.astype(float) - direct).mean() < 1.5


def test_the_face_lies_lower_with_a_lift() -> None:
    flat, lifted = (cut_face(scene(), EYES, BOX, 100, Framing(1.4, lift)) for lift in (0, 0.1))
    np.testing.assert_allclose(lifted[10:], flat[:-10], atol=1)


def test_what_lies_outside_is_not_made_up() -> None:
    crop = scene()
    np.testing.assert_array_equal(reframe(crop, Framing(1.3), Framing(2.0)), crop)
    low = reframe(crop, Framing(2.0, lift=-0.4), Framing(1.0))
    assert low.shape == (100, 100, 3)
    np.testing.assert_array_equal(low[0, 0], crop[0, 50])
