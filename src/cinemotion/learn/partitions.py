"""Algorithms that divide all samples among k clusters.

    KMEANS.fit(vectors, 7, 0)           # int32 (n,)
    AGGLOMERATIVE.most                  # 20000: a distance is kept for each pair of samples

K-Means starts with k-means++ (Arthur and Vassilvitskii 2007); ``minibatch-kmeans`` is Sculley
2010; ``agglomerative`` joins by Ward 1963; ``spectral`` cuts the graph of nearest neighbours
(Shi and Malik 2000) with the labels of Damle et al. 2019, which need no chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.learn.algorithm import PAIRS, Algorithm
from cinemotion.learn.steady import steady

_STARTS = 4
_BATCH = 4096
_NEIGHBOURS = 10  # of the graph that spectral clustering cuts


def _kmeans(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    with steady():
        from sklearn.cluster import KMeans

        return np.asarray(KMeans(k, n_init=_STARTS, random_state=seed).fit(vectors).labels_)


def _minibatch_kmeans(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    with steady():
        from sklearn.cluster import MiniBatchKMeans

        model = MiniBatchKMeans(k, batch_size=_BATCH, n_init=_STARTS, random_state=seed)
        return np.asarray(model.fit(vectors).labels_)


def _agglomerative(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    with steady(threads=None):
        from sklearn.cluster import AgglomerativeClustering

        return np.asarray(AgglomerativeClustering(k, linkage="ward").fit(vectors).labels_)


def _spectral(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    with steady(threads=None):
        from scipy.sparse.linalg import ArpackError
        from sklearn.cluster import SpectralClustering

        model = SpectralClustering(
            k,
            affinity="nearest_neighbors",
            n_neighbors=min(_NEIGHBOURS, len(vectors) - 1),
            assign_labels="cluster_qr",
            random_state=seed,
        )
        try:
            return np.asarray(model.fit(vectors).labels_)
        except ArpackError as error:
            line = " ".join(str(error).split())[:200]
            raise BadInputError(
                f"spectral clustering did not converge ({line}); take a smaller k or agglomerative"
            ) from error


KMEANS = Algorithm(_kmeans)
MINIBATCH_KMEANS = Algorithm(_minibatch_kmeans)
AGGLOMERATIVE = Algorithm(_agglomerative, most=PAIRS)
SPECTRAL = Algorithm(_spectral, most=PAIRS)
