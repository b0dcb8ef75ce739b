"""Clustering algorithms by name, all with one face.

    clusterer = open_clusterer("kmeans", k=7, seed=0)
    clusters = clusterer.fit_predict(vectors)   # int64 (n,): 0 is the largest, -1 is noise
    open_clusterer("hdbscan", k=None, seed=0)   # finds the number of clusters by itself

A new algorithm is an :class:`~cinemotion.learn.algorithm.Algorithm` in ``partitions.py`` or
``densities.py`` and one line in :data:`CLUSTERERS`; ``tests/contracts/test_clusterers.py`` then
runs over it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.registry import Registry
from cinemotion.learn.algorithm import Algorithm, Clusters
from cinemotion.learn.matrix import as_matrix

CLUSTERERS = Registry(
    "clustering algorithm",
    {
        "kmeans": "cinemotion.learn.partitions:KMEANS",
        "minibatch-kmeans": "cinemotion.learn.partitions:MINIBATCH_KMEANS",
        "gmm": "cinemotion.learn.mixture:GMM",
        "agglomerative": "cinemotion.learn.partitions:AGGLOMERATIVE",
        "spectral": "cinemotion.learn.partitions:SPECTRAL",
        "dbscan": "cinemotion.learn.densities:DBSCAN",
        "hdbscan": "cinemotion.learn.densities:HDBSCAN",
        "birch": "cinemotion.learn.birch:BIRCH",
    },
)

NOISE = -1


class Clusterer:
    """An algorithm with its settings; see the module's docstring.

    Args:
        name: Its name in :data:`CLUSTERERS`.
        k: How many clusters; ``None`` for algorithms that find the number.
        seed: Of all choices by chance.
        settings: What else the algorithm takes.
    """

    def __init__(self, name: str, k: int | None, seed: int, settings: dict[str, Any]) -> None:
        self.name = name
        self.k = k
        self.seed = seed
        self.settings = settings

    def fit_predict(self, vectors: NDArray[Any]) -> Clusters:
        """Find the cluster of every sample.

        Args:
            vectors: Finite numbers, ``(n, d)``; not changed.

        Returns:
            int64 ``(n,)``: 0 for the largest cluster and so on, -1 for noise. There may be fewer
            than ``k``, for instance where samples are equal.

        Raises:
            BadInputError: No samples, fewer than ``k``, too many for the algorithm, NaN, or
                numbers that the algorithm cannot work with.
            MissingExtraError: scikit-learn is not installed.
        """
        matrix = as_matrix(vectors)
        n = len(matrix)
        algorithm = read_algorithm(self.name)
        self._check_count(n, algorithm)
        if self.k == 1:
            return np.zeros(n, np.int64)
        if self.k == n:
            return np.arange(n)
        try:
            found = algorithm.fit(matrix, self.k, self.seed, **self.settings)
        except ValueError as error:
            line = " ".join(str(error).split())[:200]
            raise BadInputError(
                f"{self.name} cannot cluster these {n} samples: {line}; try other features or "
                "another scaling"
            ) from error
        return by_size(found)

    def _check_count(self, n: int, algorithm: Algorithm) -> None:
        if n == 0:
            raise BadInputError("there are no samples to cluster; 1 or more are needed")
        if self.k is not None and self.k > n:
            raise BadInputError(f"k = {self.k} is more than the {n} samples; take fewer clusters")
        if algorithm.most is not None and n > algorithm.most:
            raise BadInputError(
                f"{self.name} needs memory for each pair of samples and takes at most "
                f"{algorithm.most}, and {n} came; cluster some of them (--sample "
                f"{algorithm.most}) or use minibatch-kmeans"
            )


def open_clusterer(name: str, *, k: int | None, seed: int, **settings: Any) -> Clusterer:
    """Choose an algorithm.

    Args:
        name: A name in :data:`CLUSTERERS`.
        k: How many clusters, 1 or more; ``None`` for algorithms that find the number.
        seed: Of all choices by chance, not negative.
        settings: What else the algorithm takes, for instance ``eps`` of ``dbscan``.

    Raises:
        BadInputError: No such algorithm, ``k`` is out of range, missing or not taken.
        MissingExtraError: scikit-learn is not installed.
    """
    takes_k = read_algorithm(name).takes_k
    if takes_k and (k is None or k < 1):
        raise BadInputError(f"{name} needs a number of clusters k of 1 or more, got {k}")
    if not takes_k and k is not None:
        raise BadInputError(f"{name} finds the number of clusters by itself; leave k={k} out")
    if seed < 0:
        raise BadInputError(f"a seed is 0 or more, got {seed}")
    return Clusterer(name, k, seed, settings)


def read_algorithm(name: str) -> Algorithm:
    """What is known about an algorithm.

    Raises:
        BadInputError: No such algorithm.
    """
    algorithm: Algorithm = CLUSTERERS.load(name)
    return algorithm


def by_size(found: NDArray[Any]) -> Clusters:
    """Number clusters by their size, the largest 0; of equals, the one that came first.

    Args:
        found: Any integers ``(n,)``; negative ones are noise.

    Returns:
        int64 ``(n,)``, from 0 without gaps, and -1.
    """
    result = np.full(len(found), NOISE, np.int64)
    held = found >= 0
    _, first, place, sizes = np.unique(
        found[held], return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    result[held] = ranks[place]
    return result
