"""The order of an epoch: a full shuffle that depends on a seed and the epoch's number alone.

    epoch_order(1000, seed=7, epoch=3)      # a permutation; the same in every process

So a run that was stopped goes on with the batches that it would have had.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def epoch_order(n: int, *, seed: int, epoch: int) -> Rows:
    """A permutation of ``range(n)``, int64 ``(n,)``.

    Every order is equally likely, unlike with a buffer that a stream is shuffled through.
    """
    return np.random.default_rng([seed, epoch]).permutation(n)
