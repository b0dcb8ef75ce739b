"""Who appears with whom, and whether their expressions move together.

for pair in company(seen, {"c01": arc, "c02": other}):
pair.seconds, pair.correlation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEAST_SECONDS = 5.0
"""Of being seen at once; of less, nothing is said of moving together."""

_FLAT = 1e-6  # deviation of a valence that does not move


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people.

    Attributes:
        first: Who.
        second: And who.
        seconds: How long both are on screen at once.
        shots: In how many shots both are seen, at once or in turn.
        correlation: Pearson's, of their valence while both are seen; ``None`` where they are for
            less than :data:`LEAST_SECONDS`, or where one does not change.
    """

    first: str
    second: str
    seconds: float
    shots: int
    correlation: float | None


def company(
    shots: Mapping[str, set[int]],
    moments: Mapping[str, Mapping[int, float]],
    valences: Mapping[str, Doubles],
    step: float,
) -> list[Pair]:
    """The pairs of people who share a shot, those longest together first.

    Args:
        shots: Of each person, the shots that show them.
        moments: Of each person, how many seconds each sampled frame with them stands for.
        valences: Of each person, float64 ``(T,)`` at the same instants; NaN where not seen.
        step: Seconds between two instants.
    """
    found = []
    for one, other in combinations(shots, 2):
        shared = shots[one] & shots[other]
        if not shared:
            continue
        at_once = moments[one].keys() & moments[other].keys()
        seconds = float(sum(moments[one][frame] for frame in at_once))
        moved = _correlation(valences[one], valences[other], step)
        found.append(Pair(one, other, seconds, len(shared), moved))
    return sorted(found, key=lambda pair: (-pair.seconds, -pair.shots, pair.first, pair.second))


def _correlation(one: Doubles, other: Doubles, step: float) -> float | None:
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() * step < LEAST_SECONDS:
        return None
    a, b = one[both], other[both]
    if min(a.std(), b.std()) < _FLAT:
        return None
    return float(np.corrcoef(a, b)[0, 1])
