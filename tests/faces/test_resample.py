"""Resampling against exact references."""

from __future__ import annotations

import numpy as np
import pytest

from cinemotion.core.types import Image
from cinemotion.faces.resample import cut_square, halve


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def matrix(scale: float, degrees: float, x: float, y: float, size: int) -> np.ndarray:
    """The map that puts the image's point (x, y) into the middle of the crop."""
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    turn = np.array([[cos, sin], [-sin, cos]])
    return np.column_stack([turn, size / 2 - turn @ (x, y)])


def test_halving_is_the_mean_of_four() -> None:
    image = noise(64, 48)
    small, factor = halve(image, 0.5)
    exact = image.reshape(32, 2, 24, 2, 3).mean(axis=(1, 3))
    assert factor == 2
    np.testing.assert_allclose(small, exact, atol=0.5)


@pytest.mark.parametrize(
    ("scale", "factor"), [(1.5, 1), (0.51, 1), (0.5, 2), (0.26, 2), (0.25, 4), (0.1, 8)]
)
def test_it_halves_as_often_as_it_fits(scale: float, factor: int) -> None:
    small, used = halve(noise(129, 67), scale)
    assert used == factor
    assert small.shape[:2] == (129 // factor, 67 // factor)


def test_a_line_of_pixels_cannot_be_halved() -> None:
    assert halve(noise(1, 500), 0.1)[0].shape == (1, 500, 3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_quarter_turns_without_scaling_are_exact(degrees: int) -> None:
    image = noise(40, 40)
    crop = cut_square(image, matrix(1.0, degrees, 20, 20, 40), 40)
    np.testing.assert_array_equal(crop, np.rot90(image, degrees // 90))


def test_moving_by_whole_pixels_is_exact() -> None:
    image = noise(100, 120)
    crop = cut_square(image, matrix(1.0, 0, 70, 50, 32), 32)
    np.testing.assert_array_equal(crop, image[34:66, 54:86])


@pytest.mark.parametrize("scale", [0.25, 0.5])
def test_shrinking_takes_the_mean_of_what_a_pixel_covers(scale: float) -> None:
    k = round(1 / scale)
    image = noise(64 * k, 64 * k)
    crop = cut_square(image, matrix(scale, 0, 32 * k, 32 * k, 64), 64)
    exact = image.reshape(64, k, 64, k, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crop, exact, atol=1.0)


@pytest.mark.parametrize("scale", [0.15, 0.35, 0.49])
def test_turned_stripes_do_not_alias(scale: float) -> None:
    image = np.zeros((900, 900, 3), np.uint8)
    image[:, ::2] = 255
    crop = cut_square(image, matrix(scale, 20, 450, 450, 64), 64)
    assert crop.std() < 4


def test_beyond_the_edge_the_edge_is_repeated() -> None:
    image = np.full((50, 50, 3), 10, np.uint8)
    image[:, 0] = 200
    crop = cut_square(image, matrix(1.0, 0, 0, 25, 20), 20)
    assert (crop[:, :10] == 200).all()


@pytest.mark.parametrize("x", [-500.0, 1e5])
def test_a_square_far_outside_is_filled(x: float) -> None:
    crop = cut_square(noise(30, 30), matrix(0.7, 10, x, 15, 16), 16)
    assert crop.shape == (16, 16, 3)


def test_the_image_stays_as_it_is() -> None:
    image = noise(80, 80)
    image.flags.writeable = False
    assert not np.shares_memory(cut_square(image, matrix(1.0, 0, 40, 40, 80), 80), image)
