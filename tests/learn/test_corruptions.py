from __future__ import annotations

import numpy as np
import pytest

from cinemotion.learn.corruptions import CORRUPTIONS


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("size", [(48, 48), (97, 80), (8, 8)])
def test_a_corruption_changes_a_copy_the_same_way_for_a_seed(
    name: str, size: tuple[int, int]
) -> None:
    y, x = np.mgrid[: size[0], : size[1]]
    wave = 90 + 60 * np.sin(x / 3) + 30 * np.cos(y / 2)
    image = np.stack([wave, wave * 0.8, wave * 0.9], axis=-1).astype(np.uint8)
    before = image.copy()
    one, again = (CORRUPTIONS[name](image, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(one, again)
    assert one.shape == image.shape and one.dtype == np.uint8
    if min(size) > 20:
        assert np.abs(one.astype(float) - image).mean() > 1
