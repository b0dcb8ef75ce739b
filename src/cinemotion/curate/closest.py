"""The pairs of pictures that look most alike, of two sides.

    for pair in closest_across(prints.phash, prints.dhash, sides, k=10):
        pair.i, pair.j, pair.distance              # rows, and bits of pHash

The search looks for equal hashes first, then for ever larger distances, and ends where it has
found enough: in a large set the closest pair is close, and in a small one all can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.forest import Rows
from cinemotion.curate.hashes import Bits
from cinemotion.curate.masks import masks
from cinemotion.curate.runs import equal_runs, near_in_runs

Sides = NDArray[np.int64]

_RADII = (0, 2, 4, 6, 10)
_FEW = 4096  # so many are compared all with all
_BLOCK = 1 << 22  # comparisons at a time
_FAR = 65  # more bits than can differ


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two pictures and in how many bits their hashes differ.

    Attributes:
        distance: Bits of pHash, 0-64.
        dhash: Bits of dHash, 0-64.
        i: Row of the one.
        j: Row of the other, greater than ``i``.
    """

    distance: int
    dhash: int
    i: int
    j: int


def closest_across(phash: Bits, dhash: Bits, sides: Sides, k: int) -> list[Pair]:
    """The ``k`` closest pairs by pHash whose sides differ, closest first.

    Of pictures of one side with equal pHash the first stands for all. Where several pairs are
    equally close, the same ones are named every time.

    Args:
        phash: uint64 ``(n,)``.
        dhash: uint64 ``(n,)``.
        sides: int64 ``(n,)``, the number of the side that each picture is on.
        k: How many pairs are wanted, at least 1.
    """
    rows = _distinct(phash, sides)
    search = _Search(phash[rows], sides[rows], k)
    found = search.run()
    pairs = []
    for distance, a, b in found.tolist():
        i, j = sorted((int(rows[a]), int(rows[b])))
        pairs.append(Pair(distance, (int(dhash[i]) ^ int(dhash[j])).bit_count(), i, j))
    return sorted(pairs)


class _Search:
    """One search, with the closest pairs seen so far: rows of distance, ``i`` and ``j``."""

    def __init__(self, hashes: Bits, sides: Sides, k: int) -> None:
        self._hashes, self._sides, self._k = hashes, sides, k
        self._best = np.zeros((0, 3), np.int64)
        self._least = 0  # nothing closer than this is left to find

    def run(self) -> Rows:
        """The closest pairs, int64 ``(k, 3)`` or fewer, closest first."""
        if len(self._hashes) <= _FEW or not self._by_masks():
            self._all()
        return self._best

    @property
    def _bound(self) -> int:
        """What comes now must be closer than this."""
        return int(self._best[-1, 0]) if len(self._best) == self._k else _FAR

    @property
    def _done(self) -> bool:
        return self._bound <= self._least

    def _by_masks(self) -> bool:
        """Look for pairs up to the largest radius; whether there are enough of them."""
        for radius in _RADII:
            for mask in masks(radius, len(self._hashes)):
                for rows, starts in equal_runs(self._hashes, mask):
                    self._look(rows, starts, radius)
                    if self._done:
                        return True
            self._least = radius + 1
            if self._done:
                return True
        return False

    def _look(self, rows: Rows, starts: Rows, radius: int) -> None:
        """Compare all pairs inside runs."""
        hashes, sides = self._hashes[rows], self._sides[rows]
        for i, j in near_in_runs(hashes, starts, min(radius, self._bound - 1)):
            i, j = i[sides[i] != sides[j]], j[sides[i] != sides[j]]
            self._add(np.bitwise_count(hashes[i] ^ hashes[j]), rows[i], rows[j])
            if self._done:
                return

    def _all(self) -> None:
        """Compare all pairs there are."""
        n = len(self._hashes)
        height = max(1, _BLOCK // max(1, n))
        for top in range(0, n, height):
            rows, columns = np.arange(top, min(n, top + height))[:, None], np.arange(top, n)
            distance = np.bitwise_count(self._hashes[rows] ^ self._hashes[columns])
            hit = (rows < columns) & (self._sides[rows] != self._sides[columns])
            hit &= distance < self._bound
            i, j = np.nonzero(hit)
            self._add(distance[hit], i + top, j + top)

    def _add(self, distance: NDArray[np.uint8], i: Rows, j: Rows) -> None:
        if len(distance):
            # As many may be known already as are wanted.
            first = np.argsort(distance, kind="stable")[: 2 * self._k]
            i, j = i[first], j[first]
            new = np.stack([distance[first], np.minimum(i, j), np.maximum(i, j)], axis=1)
            both = np.concatenate([self._best, new.astype(np.int64)])
            self._best = np.unique(both, axis=0)[: self._k]


def _distinct(phash: Bits, sides: Sides) -> Rows:
    """The first row of each pHash on each side."""
    order = np.lexsort((sides, phash))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(phash[order]) != 0) | (np.diff(sides[order]) != 0)
    return np.sort(order[fresh])
