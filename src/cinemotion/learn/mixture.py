"""A mixture of Gaussians, fitted by expectation and maximisation.

GMM.fit(vectors, 7, 0)            # int64 (n,): the most likely component of each sample

Components have full covariances where the samples can bear them, else diagonal ones: a full one
has d²/2 numbers, and fitting more of them than there are in all samples says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.learn.algorithm import Algorithm
from cinemotion.learn.steady import steady

_FULL = 512  # numbers per sample up to which a full covariance is affordable (2 MB each)
_FLOOR = 1e-4  # of the mean variance, added to every variance: no component shrinks to a point


def _gmm(vectors: Floats, k: int, seed: int) -> NDArray[Any]:
    n, d = vectors.shape
    points = vectors - vectors.mean(axis=0, dtype=np.float64)
    points /= np.sqrt(np.mean(points**2)) or 1.0  # the floor is meant for variances around 1
    full = d <= _FULL and k * d <= n
    with steady():
        from sklearn.mixture import GaussianMixture

        kind = "full" if full else "diag"
        model = GaussianMixture(k, covariance_type=kind, reg_covar=_FLOOR, random_state=seed)
        return np.asarray(model.fit_predict(points))


GMM = Algorithm(_gmm)
