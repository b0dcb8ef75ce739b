"""Algorithms that find dense regions: they find the number of clusters, and leave noise over.

    DBSCAN.fit(vectors, None, 0)              # int64 (n,), noise is -1
    DBSCAN.fit(vectors, None, 0, eps=0.5)     # with a radius of one's own

DBSCAN is Ester et al. 1996, HDBSCAN Campello et al. 2013.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.learn.algorithm import PAIRS, Algorithm
from cinemotion.learn.matrix import draw_rows
from cinemotion.learn.steady import steady

_NEAR = 5  # samples within the radius, itself among them, that make a sample a core
_SMALLEST = 5  # samples of a cluster of HDBSCAN, and 1 % of all where that is more
_CURVE = 5000  # samples whose distances show the radius


def _dbscan(vectors: Floats, k: None, seed: int, eps: float | None = None) -> NDArray[Any]:
    if len(vectors) < _NEAR:
        return np.full(len(vectors), -1)
    with steady(threads=None):
        from sklearn.cluster import DBSCAN

        radius = _knee(_distances(vectors, seed)) if eps is None else eps
        return np.asarray(DBSCAN(eps=radius, min_samples=_NEAR).fit(vectors).labels_)


def _distances(vectors: Floats, seed: int) -> NDArray[np.float64]:
    """Distances of some samples to their fifth-nearest, themselves counted, ascending."""
    from sklearn.neighbors import NearestNeighbors

    some = vectors[draw_rows(len(vectors), _CURVE, seed)]
    found, _ = NearestNeighbors(n_neighbors=_NEAR).fit(vectors).kneighbors(some)
    return np.sort(found[:, -1].astype(np.float64))


def _knee(distances: NDArray[np.float64]) -> float:
    """Where an ascending curve turns up: the point farthest below the line between its ends.

    The radius that Ester et al. 1996 (section 4.2) read off the sorted distances by eye, found
    as in Satopää et al. 2011.
    """
    span = distances[-1] - distances[0]
    line = distances[0] + span * np.linspace(0, 1, len(distances))
    knee = distances[np.argmax(line - distances)] if span > 0 else distances[-1]
    return max(float(knee), float(np.finfo(np.float32).tiny))


def _hdbscan(vectors: Floats, k: None, seed: int) -> NDArray[Any]:
    if len(vectors) <= _SMALLEST:
        return np.full(len(vectors), -1)
    with steady(threads=None):
        from sklearn.cluster import HDBSCAN

        model = HDBSCAN(min_cluster_size=max(_SMALLEST, len(vectors) // 100), copy=True)
        return np.asarray(model.fit(vectors).labels_)


DBSCAN = Algorithm(_dbscan, takes_k=False, most=PAIRS)
HDBSCAN = Algorithm(_hdbscan, takes_k=False)
