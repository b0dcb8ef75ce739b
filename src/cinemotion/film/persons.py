"""Joins the characters of several films into persons, by the means of their faces.

    persons = link_persons(vectors, films, limit=0.4)       # int64 (n,), -1 where unknown

Centroid linkage: the two persons whose mean vectors are nearest become one, up to the limit. Two
characters of one film are two persons, since the film's own analysis parted them; what people say
is stronger than that.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.film.characters import UNKNOWN

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


def link_persons(
    vectors: Floats,
    films: Sequence[Hashable],
    *,
    limit: float,
    known: Sequence[Hashable | None] | None = None,
) -> Ints:
    """Say which characters are one person.

    The result depends on the order of the rows only where distances are equal.

    Args:
        vectors: float32 ``(n, d)``, the mean identity of each character; NaN where there is none.
        films: ``(n,)``, of which film each is.
        limit: The greatest distance of two means (Euclidean).
        known: ``(n,)``, who a character is as far as that is settled: equal ones are one person,
            different ones never are; ``None`` where nobody said.

    Returns:
        int64 ``(n,)``: persons from 0 in the order of their first characters; :data:`UNKNOWN` for
        who has neither a vector nor anything said.

    Raises:
        ValueError: Shapes do not match, or the limit makes no sense.
    """
    n = len(vectors)
    known = [None] * n if known is None else known
    if vectors.ndim != 2 or len(films) != n or len(known) != n or not limit > 0:
        raise ValueError(
            f"expected vectors (n, d), n films, n names and a positive limit; got "
            f"{vectors.shape}, {len(films)}, {len(known)} and {limit}"
        )
    seen = np.asarray(np.isfinite(vectors).all(axis=1), bool)
    groups = _said(known)
    settled = np.array([name is not None for name in known], bool)
    starts = np.array([np.flatnonzero(groups == g)[0] for g in range(groups.max(initial=-1) + 1)])
    inside = np.zeros((len(starts), n), bool)
    inside[groups, np.arange(n)] = True
    barred = _barred(inside, films, settled[starts] if n else settled)
    weights = (inside & seen).sum(axis=1).astype(np.float64)
    sums = inside @ np.where(seen[:, None], vectors, 0).astype(np.float64)
    groups = _joined(sums, weights, barred, limit)[groups]
    # A row that nobody said anything of and that has no face stays alone, and unknown.
    return _numbered(groups, seen | settled)


def _said(known: Sequence[Hashable | None]) -> Ints:
    """A group for all of one name, and one for each of whom nothing is said."""
    numbers: dict[Hashable, int] = {}
    groups = np.empty(len(known), np.int64)
    for row, name in enumerate(known):
        key = ("row", row) if name is None else ("name", name)
        groups[row] = numbers.setdefault(key, len(numbers))
    return groups


def _barred(
    inside: NDArray[np.bool_], films: Sequence[Hashable], settled: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which groups are never one: of one film, or said to be two people. Bool ``(g, g)``."""
    numbers = {film: at for at, film in enumerate(dict.fromkeys(films))}
    of = np.zeros((inside.shape[1], len(numbers)), np.int64)
    of[np.arange(len(films)), [numbers[film] for film in films]] = 1
    within = (inside @ of) > 0
    together = within.astype(np.int64) @ within.T > 0
    result: NDArray[np.bool_] = together | (settled[:, None] & settled[None])
    np.fill_diagonal(result, val=True)
    return result


def _joined(sums: Doubles, weights: Doubles, barred: NDArray[np.bool_], limit: float) -> Ints:
    """Centroid linkage up to a limit: the group that each group became part of, ``(g,)``."""
    count = len(sums)
    into = np.arange(count)
    barred = barred | (weights == 0)[:, None] | (weights == 0)[None]
    means = sums / np.maximum(weights, 1)[:, None]
    between = np.stack([np.linalg.norm(means - mean, axis=1) for mean in means]) if count else sums
    between[barred] = np.inf
    while count > 1:
        a, b = sorted(int(at) for at in np.unravel_index(between.argmin(), between.shape))
        if not between[a, b] <= limit:
            break
        sums[a] += sums[b]
        weights[a] += weights[b]
        barred[a] |= barred[b]
        barred[:, a] = barred[a]
        barred[b], barred[:, b] = True, True
        means[a] = sums[a] / weights[a]
        between[a] = np.where(barred[a], np.inf, np.linalg.norm(means - means[a], axis=1))
        between[:, a] = between[a]
        between[b], between[:, b] = np.inf, np.inf
        into[into == b] = a
    return into


def _numbered(groups: Ints, counted: NDArray[np.bool_]) -> Ints:
    """The same groups, from 0 in the order of their first rows; unknown where a row counts not."""
    numbers: dict[int, int] = {}
    out = np.full(len(groups), UNKNOWN, np.int64)
    for row in np.flatnonzero(counted):
        out[row] = numbers.setdefault(int(groups[row]), len(numbers))
    return out
