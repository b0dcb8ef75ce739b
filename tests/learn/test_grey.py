from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from cinemotion.learn.augmenting.grey import Grey, Repeat  # noqa: E402


def test_grey_pictures_come_back_and_others_without_their_colours() -> None:
    random = np.random.default_rng(0)
    grey = np.repeat(random.integers(0, 256, (3, 8, 8, 1)), 3, axis=-1).astype(np.float32)
    way = keras.Sequential([keras.Input((8, 8, 3)), Grey(), Repeat()])
    np.testing.assert_allclose(np.asarray(way(grey)), grey, atol=1e-3)
    assert way.layers[0].output.shape == (None, 8, 8, 1)
    red = np.zeros((1, 8, 8, 3), np.float32)
    red[..., 0] = 200
    np.testing.assert_allclose(np.asarray(way(red)), 200 * 0.299, atol=1e-3)
