"""How good answers are: measures of probabilities against labels, in NumPy.

    accuracy(truth, found), macro_f1(truth, found, classes=7), balanced_recall(truth, found, 7)
    expected_calibration_error(probabilities, truth)
    brier(shares, probabilities), cross_entropy(shares, probabilities)
    table = confusion(truth, found, classes=7)          # int64 (7, 7), a row per truth

``truth`` and ``found`` are classes, int ``(n,)``; ``shares`` and ``probabilities`` are
``(n, k)``, rows sum to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

Classes = NDArray[np.integer]
Reals = NDArray[np.float64]

_LEAST = 1e-12  # a probability whose logarithm is still a number


def softmax(logits: Floats, temperature: float = 1.0) -> Reals:
    """Probabilities of logits ``(n, k)`` that are divided by a temperature first."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    out: Reals = powers / powers.sum(axis=1, keepdims=True)
    return out


def accuracy(truth: Classes, found: Classes) -> float:
    """The share of answers that are right."""
    return float(np.mean(truth == found))


def confusion(truth: Classes, found: Classes, classes: int) -> NDArray[np.int64]:
    """How often each truth (row) got each answer (column)."""
    cells = np.bincount(truth.astype(np.int64) * classes + found, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def precision_recall(table: NDArray[np.int64]) -> tuple[Reals, Reals]:
    """Of each class, the share of its answers that are right, and of its samples that are found.

    Both float64 ``(k,)``; NaN where there is no answer, or no sample.
    """
    right = np.diag(table).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return right / table.sum(axis=0), right / table.sum(axis=1)


def macro_f1(truth: Classes, found: Classes, classes: int) -> float:
    """The mean F1 of the classes that have a sample or an answer (as scikit-learn has it)."""
    table = confusion(truth, found, classes)
    both = table.sum(axis=0) + table.sum(axis=1)
    seen = both > 0
    return float(np.mean(2 * np.diag(table)[seen] / both[seen]))


def balanced_recall(truth: Classes, found: Classes, classes: int) -> float:
    """The mean recall of the classes that have a sample (UAR, balanced accuracy)."""
    return float(np.nanmean(precision_recall(confusion(truth, found, classes))[1]))


def cross_entropy(shares: NDArray[np.floating], probabilities: Reals) -> float:
    """The mean of ``-Σ share · ln probability``, in nats."""
    return float(-np.mean(np.sum(shares * np.log(np.maximum(probabilities, _LEAST)), axis=1)))


def brier(shares: NDArray[np.floating], probabilities: Reals) -> float:
    """The mean squared distance of probabilities and shares (Brier 1950), 0 to 2."""
    return float(np.mean(np.sum((probabilities - shares) ** 2, axis=1)))


def expected_calibration_error(probabilities: Reals, truth: Classes, bins: int = 15) -> float:
    """How far confidence and accuracy lie apart (Guo et al. 2017), 0 to 1.

    Args:
        probabilities: ``(n, k)``.
        truth: ``(n,)``.
        bins: Equal parts of the range of confidence, the probability of the answer.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(truth))


def reliability(probabilities: Reals, truth: Classes, bins: int = 15) -> list[dict[str, float]]:
    """Confidence and accuracy by bin of confidence, as a reliability diagram shows them.

    Returns:
        Of each bin with samples: ``samples``, and the mean ``confidence`` and ``accuracy``.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    return [
        {
            "samples": int((place == each).sum()),
            "confidence": float(confidence[place == each].mean()),
            "accuracy": float(right[place == each].mean()),
        }
        for each in np.unique(place)
    ]


def abstention(probabilities: Reals, truth: Classes, points: int = 50) -> list[dict[str, float]]:
    """What is gained where the least sure answers are withheld.

    Returns:
        For falling shares of answers that are given: ``coverage`` (that share), ``accuracy`` of
        the answers given, and ``threshold``, the least confidence among them.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum((probabilities.argmax(axis=1) == truth)[order])
    counts = np.unique(np.linspace(1, len(order), min(points, len(order))).round().astype(int))
    return [
        {
            "coverage": float(count / len(order)),
            "accuracy": float(right[count - 1] / count),
            "threshold": float(confidence[order[count - 1]]),
        }
        for count in counts[::-1]
    ]


def describe_answers(probabilities: Reals, shares: NDArray[np.floating]) -> dict[str, float]:
    """The usual figures of calibrated probabilities against shares of votes, both ``(n, k)``.

    ``samples``, ``accuracy``, ``macro_f1``, ``balanced_recall``, ``ece`` and ``nll`` against the
    largest shares; ``brier`` and ``cross_entropy`` against all.
    """
    truth, found = shares.argmax(axis=1), probabilities.argmax(axis=1)
    classes = shares.shape[1]
    return {
        "samples": len(truth),
        "accuracy": accuracy(truth, found),
        "macro_f1": macro_f1(truth, found, classes),
        "balanced_recall": balanced_recall(truth, found, classes),
        "ece": expected_calibration_error(probabilities, truth),
        "nll": cross_entropy(np.eye(classes)[truth], probabilities),
        "brier": brier(shares, probabilities),
        "cross_entropy": cross_entropy(shares, probabilities),
    }
