"""Turning points: where the expression of a person, or of a film, becomes another.

    for point in turning_points(arc.seconds, arc.mean):
        point.seconds, point.before, point.after

Changes of the mean are found by PELT (Killick et al. 2012, JASA 107) through ``ruptures``; of what
it finds, changes remain that are large enough to be told of. Gaps are left out, never filled: a
change across a gap is at the first instant behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import MissingExtraError

Doubles = NDArray[np.float64]

LEAST_CHANGE = 0.2
"""Of probability that must move from some emotions to others: total variation, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class TurningPoint:
    """A change.

    Attributes:
        seconds: The first instant of what is new.
        before: float64 ``(k,)``, mean probabilities since the change before.
        after: float64 ``(k,)``, until the next one.
    """

    seconds: float
    before: Doubles
    after: Doubles

    @property
    def change(self) -> float:
        """How much probability moved, in [0, 1]."""
        return float(np.abs(self.after - self.before).sum() / 2)


def turning_points(
    seconds: Doubles, probabilities: Doubles, *, least_seconds: float = 2.0
) -> list[TurningPoint]:
    """Find where probabilities change for good.

    Args:
        seconds: float64 ``(T,)``, evenly spaced instants.
        probabilities: float64 ``(T, k)``; rows of NaN are gaps.
        least_seconds: The shortest stretch between two changes, in seconds that are seen.

    Raises:
        MissingExtraError: ruptures is not installed.
    """
    rows = np.flatnonzero(np.isfinite(probabilities).all(axis=1))
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0
    shortest = max(2, round(least_seconds / step))
    if len(rows) < 2 * shortest:
        return []
    try:
        import ruptures
    except ModuleNotFoundError as error:
        raise MissingExtraError("ruptures", "analyze") from error

    found = probabilities[rows]
    # A change has to explain more than the smallest that is told of would, over the shortest
    # stretch: |difference|^2 * n / 4, and least a difference of LEAST_CHANGE on two classes.
    penalty = 2 * LEAST_CHANGE**2 * (2 * shortest) / 4
    # With a linear kernel the cost is that of the mean; it is the one of ruptures' searches in C.
    search = ruptures.KernelCPD(kernel="linear", min_size=shortest)
    ends = search.fit_predict(found, pen=penalty)
    return _large(seconds[rows], found, [0, *ends])


def _large(seconds: Doubles, found: Doubles, borders: list[int]) -> list[TurningPoint]:
    """The changes that are large; stretches on both sides of a small one are one."""
    while len(borders) > 2:
        means = [found[a:b].mean(axis=0) for a, b in pairwise(borders)]
        points = [
            TurningPoint(float(seconds[at]), one, other)
            for at, one, other in zip(borders[1:-1], means, means[1:], strict=False)
        ]
        changes = [point.change for point in points]
        least = int(np.argmin(changes))
        if changes[least] >= LEAST_CHANGE:
            return points
        del borders[least + 1]
    return []
