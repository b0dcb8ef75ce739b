"""What a model learns from: shares of classes, and how much each sample counts.

shares = soften(shares, smoothing=0.1)
weights = class_weights(shares)             # float32 (classes,), mean 1 over the samples
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats


def one_hot(classes: NDArray[np.integer], count: int) -> Floats:
    """Hard labels as shares: float32 ``(n, count)`` of int ``(n,)``."""
    out = np.zeros((len(classes), count), np.float32)
    out[np.arange(len(classes)), classes] = 1
    return out


def taught(shares: Floats, teacher: Floats, share: float) -> Floats:
    """Labels of which a teacher's answers are a part (Hinton et al. 2015), ``(n, k)`` all."""
    out: Floats = ((1 - share) * shares + share * teacher).astype(np.float32)
    return out


def class_weights(shares: Floats) -> Floats:
    """How much a sample of each class counts: by the square root of how rare it is.

    Args:
        shares: float32 ``(n, k)``.

    Returns:
        float32 ``(k,)``; over the samples, their mean is 1.

    Raises:
        BadInputError: A class has no sample.
    """
    masses = shares.sum(axis=0, dtype=np.float64)
    if not masses.all():
        empty = ", ".join(str(place) for place in np.flatnonzero(masses == 0))
        raise BadInputError(f"no sample has a share of class {empty}; it cannot be balanced")
    weights = np.sqrt(masses.sum() / masses)
    weights *= masses.sum() / (weights * masses).sum()
    out: Floats = weights.astype(np.float32)
    return out
