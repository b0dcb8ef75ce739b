from __future__ import annotations

import numpy as np
import pytest

from cinemotion.video.thumbnail import BYTES, COLUMNS, ROWS, colour_thumbnail


def test_each_cell_is_the_mean_of_its_part_of_the_picture() -> None:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (ROWS * 12, COLUMNS * 10, 3), np.uint8)
    means = picture.reshape(ROWS, 12, COLUMNS, 10, 3).mean(axis=(1, 3))
    found = colour_thumbnail(picture)
    assert found.shape == (ROWS, COLUMNS, 3) and found.dtype == np.uint8
    assert np.abs(found - means).max() <= 1
    assert len(found.tobytes()) == BYTES


def test_it_is_in_the_order_of_rgb() -> None:
    picture = np.full((90, 160, 3), (200, 100, 50), np.uint8)
    assert (colour_thumbnail(picture) == (200, 100, 50)).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (9, 15), (1080, 1919)])
def test_any_size_has_one(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 77, np.uint8)
    before = picture.copy()
    assert (colour_thumbnail(picture) == 77).all()
    assert (picture == before).all()
