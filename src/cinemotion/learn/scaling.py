"""Bring features to one scale, or to fewer numbers, before they are clustered.

scale(vectors)                                      # each number: mean 0, deviation 1
scale(vectors, how="whiten", components=32)         # principal components of variance 1
scale(vectors, how="none", components=32)           # with the variances they have
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.learn.matrix import as_matrix
from cinemotion.learn.optional import needs

Scaling = Literal["none", "standard", "whiten"]

WHITENED = 64
"""Components that whitening keeps where no number is given: the far ones are mostly noise, and
whitening makes them as loud as the first."""

_FLAT = 1e-6  # a number that deviates less than this times its size is constant up to rounding


def scale(
    vectors: NDArray[Any], how: Scaling = "standard", components: int | None = None, seed: int = 0
) -> Floats:
    """Scale features; the input stays as it is.

    Args:
        vectors: Finite numbers, ``(n, d)``.
        how: ``none``; ``standard``: every number gets mean 0 and deviation 1 (what is constant
            becomes 0); ``whiten``: principal components of the features as they are, each with
            variance 1.
        components: Keep so many principal components, after ``standard`` if that was asked for;
            ``None``: no projection, but for ``whiten`` the first 64, or as many as there are.
        seed: Of the randomised decomposition that large matrices get.

    Returns:
        float32 ``(n, d')``.

    Raises:
        BadInputError: NaN, an unknown scaling, or more components than samples or numbers.
        MissingExtraError: scikit-learn is not installed.
    """
    if how not in get_args(Scaling):
        raise BadInputError(
            f"unknown scaling {how!r}; choose one of: {', '.join(get_args(Scaling))}"
        )
    matrix = as_matrix(vectors)
    _check_components(components, matrix)
    if (how == "none" and components is None) or not len(matrix):
        return matrix
    # In float64, and taken away first: float32 loses small deviations beside a large mean.
    mean = matrix.mean(axis=0, dtype=np.float64)
    centred = matrix - mean.astype(np.float32)
    if how == "standard":
        centred /= _deviations(centred, mean)
    if how != "whiten" and components is None:
        return np.asarray(centred)
    kept = min(WHITENED, *matrix.shape) if components is None else components
    return _project(centred, kept, whiten=how == "whiten", seed=seed)


def _check_components(components: int | None, matrix: Floats) -> None:
    n, d = matrix.shape
    if components is not None and not 1 <= components <= min(n, d):
        raise BadInputError(
            f"{components} components were asked for; {n} samples with {d} numbers have 1 to "
            f"{min(n, d)}"
        )


def _deviations(centred: Floats, mean: NDArray[np.float64]) -> Floats:
    """The deviation of each number, 1 where it is constant: float32 ``(d,)``."""
    squares = np.einsum("ij,ij->j", centred, centred, dtype=np.float64)  # makes no second matrix
    deviations = np.sqrt(squares / len(centred))
    return np.where(deviations > _FLAT * np.abs(mean), deviations, 1).astype(np.float32)


def _project(centred: Floats, components: int, *, whiten: bool, seed: int) -> Floats:
    with needs("scikit-learn", "cluster"):
        from sklearn.decomposition import PCA

    if not centred.any():
        return np.zeros((len(centred), components), np.float32)
    pca = PCA(components, copy=False, random_state=seed)
    points = pca.fit_transform(centred)
    if whiten:
        # Not PCA's own whitening: a component without variance would be blown up by it.
        spread = pca.singular_values_ / np.sqrt(len(centred) - 1)
        points /= np.where(spread > _FLAT * spread.max(initial=0), spread, np.inf)
    return np.asarray(points, np.float32)
