"""BIRCH: a tree of small groups, whose centres are joined to k clusters (Zhang et al. 1996).

BIRCH.fit(vectors, 7, 0)            # int64 (n,)

How wide the small groups may be decides everything, and no number fits all features: it is
found on a sample, as the widest with which a sample falls into enough groups. The centres are
joined by K-Means with the groups' sizes as weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.learn.algorithm import Algorithm
from cinemotion.learn.matrix import draw_rows
from cinemotion.learn.steady import steady

_SAMPLE = 2000
_GROUPS = 10  # small groups wanted in the sample for each cluster
_NARROWER = 0.85
_TRIES = 60  # the last is 17,000 times narrower than all samples together
_STARTS = 4
_TINY = float(np.finfo(np.float32).tiny)  # equal samples have no width, and BIRCH wants one


def _birch(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    with steady():
        from sklearn.cluster import Birch, KMeans

        width = _width(vectors[draw_rows(len(vectors), _SAMPLE, seed)], _GROUPS * k)
        model = Birch(threshold=width, n_clusters=None).fit(vectors)
        centres = model.subcluster_centers_
        if len(centres) <= k:  # where samples are equal
            return np.asarray(model.labels_)
        sizes = np.bincount(model.labels_, minlength=len(centres))
        joined = KMeans(k, n_init=_STARTS, random_state=seed).fit(centres, sample_weight=sizes)
        return np.asarray(joined.labels_[model.labels_])


def _width(sample: Floats, groups: int) -> float:
    """The widest radius with which the sample falls into so many groups, or all that there are."""
    from sklearn.cluster import Birch

    wanted = min(groups, len(np.unique(sample, axis=0)))
    width = float(np.sqrt(sample.var(axis=0, dtype=np.float64).sum()))
    for _ in range(_TRIES):
        found = Birch(threshold=max(width, _TINY), n_clusters=None).fit(sample)
        if len(found.subcluster_centers_) >= wanted:
            break
        width *= _NARROWER
    return max(width, _TINY)


BIRCH = Algorithm(_birch)
