"""Groups the tracks of a film into people.

    people = group_tracks(vectors, apart=pairs, limit=0.5)      # int64 (t,), -1 where unknown

Average linkage from the nearest pair upwards, with two kinds of knowledge that distances do not
have: two tracks that show a face in one frame are two people, and what the user says. Tracks whose
vectors are not to be trusted form no group; they join the one that is near enough, or none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

UNKNOWN = -1
"""The group of a track that belongs to nobody who is known."""

_ROWS = 256  # of a table of distances, computed at once

Ints = NDArray[np.int64]
Pairs = Sequence[tuple[int, int]]


def group_tracks(
    vectors: Floats,
    *,
    limit: float,
    apart: Pairs = (),
    together: Pairs = (),
    trusted: NDArray[np.bool_] | None = None,
    count: int | None = None,
) -> Ints:
    """Say which tracks are one person.

    The result does not depend on the order in which pairs are named, and of equally near pairs the
    one of the earlier tracks is joined first.

    Args:
        vectors: float32 ``(t, d)``, the identity of each track; NaN where there is none.
        limit: The greatest mean distance (Euclidean) within a person.
        apart: Tracks that are not one person; stronger than any distance.
        together: Tracks that are one person, with all that are near to either; what is also in
            ``apart`` is not joined.
        trusted: bool ``(t,)``, which tracks may found a group; all that have a vector otherwise.
        count: Join until there are so many groups of trusted tracks, whatever the distances, or
            until all that is left must stay apart; ``together`` may leave fewer. Without it,
            ``limit`` decides.

    Returns:
        int64 ``(t,)``: groups from 0 in the order of their first tracks, or :data:`UNKNOWN`.

    Raises:
        ValueError: Shapes do not match, or a number makes no sense.
    """
    t = len(vectors)
    if vectors.ndim != 2 or (trusted is not None and trusted.shape != (t,)):
        raise ValueError(f"expected vectors (t, d) and trusted (t,), got {vectors.shape}")
    if not limit > 0 or (count is not None and count < 1):
        raise ValueError(f"limit and count must be positive, got {limit} and {count}")
    known = np.asarray(np.isfinite(vectors).all(axis=1))
    founders = known if trusted is None else known & trusted
    foes = _foes(t, apart)
    groups = np.full(t, UNKNOWN, np.int64)
    rows = np.flatnonzero(founders | _named(t, together))
    if len(rows):
        place = {int(row): at for at, row in enumerate(rows)}
        pairs = [(place[a], place[b]) for a, b in apart if a in place and b in place]
        links = _Links(vectors[rows], known[rows], pairs)
        links.join(limit if count is None else np.inf, count or 1)
        # Last, so that whoever is near to one of two that are tied comes along.
        for one, other in sorted(tuple(sorted(pair)) for pair in together):
            links.tie(place[one], place[other])
        groups[rows] = links.groups()
        # Who was neither trusted nor named by the user stays out, a group of nothing known too.
    for row in np.flatnonzero(known & (groups == UNKNOWN)):
        groups[row] = _nearest(vectors, known, groups, foes.get(int(row), []), int(row), limit)
    return _numbered(groups)


class _Links:
    """Groups of rows and the mean distances between them.

    Args:
        vectors: float32 ``(n, d)``.
        known: Which rows have a vector; the others are near to nobody.
        apart: Which rows must stay apart: they are infinitely far, and so is a group with one.
    """

    def __init__(self, vectors: Floats, known: NDArray[np.bool_], apart: Pairs):
        n = len(vectors)
        self._of = np.arange(n)
        self._size = np.ones(n)
        self._alive = np.ones(n, bool)
        self._between = _distances(np.nan_to_num(vectors))
        self._between[~known] = np.inf
        self._between[:, ~known] = np.inf
        self._apart = np.array(apart, np.int64).reshape(-1, 2)
        self._between[self._apart[:, 0], self._apart[:, 1]] = np.inf
        self._between[self._apart[:, 1], self._apart[:, 0]] = np.inf
        np.fill_diagonal(self._between, np.inf)

    def tie(self, one: int, other: int) -> None:
        """Join the groups of two rows, unless they must stay apart."""
        a, b = sorted((int(self._of[one]), int(self._of[other])))
        rivals = np.sort(self._of[self._apart], axis=1)
        if a != b and not (rivals == (a, b)).all(axis=1).any():
            self._merge(a, b)

    def join(self, limit: float, count: int) -> None:
        """Join the nearest groups while they are within the limit and more than ``count``."""
        nearest = self._between.argmin(axis=1)
        while self._alive.sum() > count:
            gaps = self._between[np.arange(len(nearest)), nearest]
            a = int(gaps.argmin())
            if not gaps[a] <= limit or not np.isfinite(gaps[a]):
                return
            a, b = sorted((a, int(nearest[a])))
            self._merge(a, b)
            # Rows that looked at one of the two look again; the others saw nothing come nearer:
            # the mean of two distances is not below the smaller of them.
            stale = np.flatnonzero((nearest == a) | (nearest == b))
            for row in {a, *stale.tolist()}:
                nearest[row] = self._between[row].argmin()

    def groups(self) -> Ints:
        """The group of each row, by its lowest member."""
        return self._of.astype(np.int64)

    def _merge(self, a: int, b: int) -> None:
        wa, wb = self._size[a], self._size[b]
        between = self._between
        row = (wa * between[a].astype(np.float64) + wb * between[b]) / (wa + wb)
        row[[a, b]] = np.inf
        between[a], between[:, a] = row, row
        between[b], between[:, b] = np.inf, np.inf
        self._size[a] += wb
        self._alive[b] = False
        self._of[self._of == b] = a


def _nearest(
    vectors: Floats,
    known: NDArray[np.bool_],
    groups: Ints,
    foes: Sequence[int],
    row: int,
    limit: float,
) -> int:
    """The group that a row without a group of its own is near enough to."""
    best, least = UNKNOWN, limit
    barred = set(groups[list(foes)].tolist())
    for group in np.unique(groups[groups != UNKNOWN]).tolist():
        if group in barred:
            continue
        members = np.flatnonzero(groups == group)
        seen = members[known[members]]
        if not len(seen):
            continue
        away = float(np.linalg.norm(vectors[seen] - vectors[row], axis=1).mean())
        if away < least:
            best, least = group, away
    return best


def _distances(vectors: Floats) -> Floats:
    """Euclidean distances of all pairs: float32 ``(n, n)``, symmetric, some rows at a time."""
    x = vectors.astype(np.float64)
    squares = (x * x).sum(axis=1)
    found = np.empty((len(x), len(x)), np.float32)
    for at in range(0, len(x), _ROWS):
        part = slice(at, at + _ROWS)
        # The products of one half alone: those of the other need not be exactly the same.
        away = squares[part, None] + squares[None, at:] - 2 * x[part] @ x[at:].T
        found[part, at:] = np.sqrt(np.maximum(away, 0))
        rows = min(_ROWS, len(x) - at)
        corner = found[part, at : at + rows]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        found[at + rows :, part] = found[part, at + rows :].T
    return found


def _foes(t: int, pairs: Pairs) -> dict[int, list[int]]:
    """Of each track, those that it must stay apart from; not a table of all pairs."""
    found: dict[int, list[int]] = {}
    for one, other in pairs:
        if one == other or not (0 <= one < t and 0 <= other < t):
            raise ValueError(f"a pair of tracks must be two of {t}, got {one} and {other}")
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def _named(t: int, pairs: Pairs) -> NDArray[np.bool_]:
    named = np.zeros(t, bool)
    for pair in pairs:
        named[list(pair)] = True
    return named


def _numbered(groups: Ints) -> Ints:
    """The same groups, counted from 0 in the order of their first tracks."""
    numbers: dict[int, int] = {}
    out = np.full(len(groups), UNKNOWN, np.int64)
    for row, group in enumerate(groups.tolist()):
        if group != UNKNOWN:
            out[row] = numbers.setdefault(group, len(numbers))
    return out
