"""Which faces are worth a label: those the model is surest of, least sure of, and that differ most.

    rows = choose(probabilities, seconds, tracks, count=4)
    rows["certain"], rows["uncertain"], rows["diverse"]         # lists of rows, none in two

The sure ones show what the model takes for granted, the unsure ones are where a label teaches most
(margin sampling), and the diverse ones cover the rest (k-center, Sener and Savarese 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

ROLES = ("certain", "uncertain", "diverse")

_APART = 1.0  # seconds: nearer frames of a track are nearly the same picture


def choose(
    probabilities: Doubles, seconds: Doubles, tracks: Sequence[int], *, count: int
) -> dict[str, list[int]]:
    """Choose faces of one person and one expression.

    Args:
        probabilities: float64 ``(n, k)``.
        seconds: float64 ``(n,)``, when each was seen.
        tracks: Of which track each is.
        count: Of each kind, so many at most.

    Returns:
        Rows by role, in the order in which they were chosen.
    """
    taken: list[int] = []
    highest = np.sort(probabilities, axis=1)[:, ::-1]
    margin = highest[:, 0] - highest[:, 1] if probabilities.shape[1] > 1 else highest[:, 0]
    found: dict[str, list[int]] = {}
    for role, order in (
        ("certain", np.argsort(-highest[:, 0], kind="stable")),
        ("uncertain", np.argsort(margin, kind="stable")),
    ):
        found[role] = []
        for row in order.tolist():
            if len(found[role]) == count:
                break
            if _fresh(row, taken, seconds, tracks):
                found[role].append(row)
                taken.append(row)
    found["diverse"] = _diverse(probabilities, seconds, tracks, taken, count)
    return found


def _diverse(
    probabilities: Doubles,
    seconds: Doubles,
    tracks: Sequence[int],
    taken: list[int],
    count: int,
) -> list[int]:
    """One after another the row furthest from all that are taken, by Hellinger distance."""
    roots = np.sqrt(probabilities)
    away = np.full(len(roots), np.inf)
    for row in taken:
        away = np.minimum(away, np.linalg.norm(roots - roots[row], axis=1))
    taken = list(taken)
    found: list[int] = []
    allowed = np.ones(len(roots), bool)
    while len(found) < count and allowed.any():
        row = int(np.where(allowed, away, -1).argmax())
        allowed[row] = False
        if not _fresh(row, taken, seconds, tracks):
            continue
        found.append(row)
        taken.append(row)
        away = np.minimum(away, np.linalg.norm(roots - roots[row], axis=1))
    return found


def _fresh(row: int, taken: Sequence[int], seconds: Doubles, tracks: Sequence[int]) -> bool:
    """Whether a row is no neighbour in time, of the same track, of one that is taken."""
    return all(
        tracks[row] != tracks[other] or abs(seconds[row] - seconds[other]) >= _APART
        for other in taken
    )
