"""Probabilities that mean what they say, and when to say nothing.

    temperature = fit_temperature(logits, shares)
    threshold = fit_threshold(softmax(logits, temperature), truth)

Both are fitted on development samples, which a model did not learn from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize_scalar

from cinemotion.core.types import Floats
from cinemotion.learn.scores import Classes, Reals, cross_entropy, softmax

_RANGE = (-3.0, 3.0)  # of the logarithm
_RIGHT = 0.5


def fit_temperature(logits: Floats, shares: NDArray[np.floating]) -> float:
    """What logits are divided by, such that labels are most likely (Guo et al. 2017).

    Args:
        logits: ``(n, k)``.
        shares: Labels ``(n, k)``, rows sum to 1.
    """

    def loss(logarithm: float) -> float:
        return cross_entropy(shares, softmax(logits, float(np.exp(logarithm))))

    found = minimize_scalar(loss, bounds=_RANGE, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def fit_threshold(probabilities: Reals, truth: Classes) -> float:
    """The confidence below which an answer is more often wrong than right.

    How often answers of one confidence are right is fitted by the rising steps that lie closest
    (isotonic regression); the threshold is where they reach one half. 0 where they all do, and
    above the highest confidence seen where none does.

    Args:
        probabilities: ``(n, k)``, calibrated.
        truth: The right classes, ``(n,)``.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == truth)[order].astype(np.float64)
    steps = isotonic_regression(right).x
    first = int(np.searchsorted(steps, _RIGHT))
    if first == 0:
        return 0.0
    if first == len(order):
        return float(np.nextafter(confidence.max(), np.inf))
    return float((confidence[order[first - 1]] + confidence[order[first]]) / 2)
