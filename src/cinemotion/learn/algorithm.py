"""What a clustering algorithm is, before it has settings.

def fit(X, k, seed): return labels              # float32 (n, d) -> integers (n,), negative: noise

KMEANS = Algorithm(fit)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Clusters = NDArray[np.int64]

PAIRS = 20_000
"""Samples that algorithms with a number per pair take: Ward's distances are 1.6 GB then."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A function that clusters, and what has to be known before it is called.

    Attributes:
        fit: ``fit(X, k, seed, **settings)``: float32 ``(n, d)``, finite, ``1 < k < n`` or
            ``None``, to integers ``(n,)``, negative for noise.
        takes_k: Whether it must be told the number of clusters.
        most: The largest ``n`` that it takes, where its memory grows with n².
    """

    fit: Callable[..., NDArray[Any]]
    takes_k: bool = True
    most: int | None = None
