"""Features as a matrix: a row per sample, every number finite.

vectors = as_matrix(table)      # float32 (n, d), or one line that says what is wrong
some = vectors[draw_rows(len(vectors), 5000, seed=0)]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats

_BLOCK = 65_536  # rows looked at together: no second copy of a large matrix is made


def as_matrix(vectors: NDArray[Any]) -> Floats:
    """Features as they are, if they can be used.

    Args:
        vectors: Any real dtype, ``(n, d)``; ``n`` may be 0.

    Returns:
        float32 ``(n, d)``; not copied where it is that already.

    Raises:
        BadInputError: It has another shape, or holds NaN or infinity.
    """
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise BadInputError(
            f"features must be a table of samples and numbers, got shape {vectors.shape}"
        )
    matrix = vectors.astype(np.float32, copy=False)
    blocks = (matrix[at : at + _BLOCK] for at in range(0, len(matrix), _BLOCK))
    bad = np.concatenate([np.zeros(0, bool), *(~np.isfinite(b).all(axis=1) for b in blocks)])
    if bad.any():
        raise BadInputError(
            f"the features of {bad.sum()} of {len(matrix)} samples hold NaN or infinity (the "
            f"first is row {bad.argmax()}); extract them again, or leave these samples out"
        )
    return matrix


def draw_rows(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """Indices of all ``n`` rows, or of ``most`` of them by chance, in ascending order."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False)).astype(np.int64)
