"""Clouds of points around centres, for tests of what looks for clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def blobs(
    n: int = 150, d: int = 4, k: int = 3, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Points ``(n, d)`` far apart in ``k`` equal clouds, and the cloud of each."""
    random = np.random.default_rng(seed)
    centres = 20 * np.eye(max(k, d))[:k, :d]
    truth = np.arange(n) % k
    return (centres[truth] + random.normal(size=(n, d))).astype(np.float32), truth
