"""Connect near hashes without listing all pairs of a clump.

    i, j = Linker((phash, dhash), limits=(6, 8)).run()

Rows whose hashes agree under a mask form a run (`masks`, `runs`). Short runs are compared pair
by pair, all at once. Of a long run, what hangs together already is left out: a clump is united
by comparing all of it with a few of its members, and only what then still stands apart is
compared with the rest; where that is much, it must agree under masks of the second hash too.
The result does not depend on the number of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.forest import Forest, Rows
from cinemotion.curate.hashes import Bits
from cinemotion.curate.masks import masks
from cinemotion.curate.runs import equal_runs, near_in_runs

Edges = tuple[Rows, Rows]

_NONE: Edges = (np.zeros(0, np.int64), np.zeros(0, np.int64))

_FEW = 256  # rows that need no looking up
_SHORT = 8  # rows of a run that is compared without a look at what hangs together already
_LONG = 128  # rows of a run that gets a turn of its own
_PIVOTS = 4  # members of a long run that all of it is compared with first
_MANY = 1 << 21  # comparisons that a long run may cost before it is split by the second hash
_BLOCK = 1 << 20  # comparisons at a time
_THREADS = 2  # masks that are searched at a time; more would need more memory


class Linker:
    """One search for all that is near.

    Args:
        hashes: uint64 ``(n,)`` each: near hashes differ in few bits of all of them.
        limits: In how many at most, for each.
    """

    def __init__(self, hashes: tuple[Bits, ...], limits: tuple[int, ...]) -> None:
        ranked = sorted(zip(limits, hashes, strict=True), key=lambda pair: pair[0])
        self._limits = [limit for limit, _ in ranked]
        self._hashes = [hash for _, hash in ranked]
        self._forest = Forest(len(hashes[0]))
        self._found = [_NONE]

    def run(self) -> Edges:
        """Pairs ``i < j``, int64 ``(m,)`` each, that connect what near pairs connect."""
        self._search(self._distinct(), 0)
        i, j = _concatenated(self._found)
        return np.minimum(i, j), np.maximum(i, j)

    def _distinct(self) -> Rows:
        """The first row of each value of the hashes; the others are linked to it."""
        order = np.lexsort(self._hashes[::-1])
        fresh = np.ones(len(order), bool)
        fresh[1:] = np.any([np.diff(hash[order]) != 0 for hash in self._hashes], axis=0)
        first = order[fresh][np.cumsum(fresh) - 1]
        self._join((first[~fresh], order[~fresh]))
        return np.sort(order[fresh])

    def _search(self, rows: Rows, level: int) -> None:
        """Link the near ones among rows, looking them up by the hash of this level."""
        if len(rows) <= _FEW:
            self._unite(rows, level)
            return
        hashes = self._hashes[level][rows]
        family = masks(self._limits[level], len(rows))

        def scan(mask: np.uint64) -> tuple[Edges, list[Rows]]:
            edges, long = [_NONE], []
            for members, starts in equal_runs(hashes, mask):
                edges.append(self._scan(rows[members], starts))
                long += self._long_runs(rows[members], starts)
            return _concatenated(edges), long

        with ThreadPoolExecutor(_THREADS) as pool:
            for start in range(0, len(family), _THREADS):
                for edges, long in list(pool.map(scan, family[start : start + _THREADS])):
                    self._join(edges)
                    for run in long:
                        self._unite(run, level)

    def _scan(self, rows: Rows, starts: Rows) -> Edges:
        """Near pairs inside runs of up to ``_LONG`` rows that do not hang together yet."""
        rows, starts = self._short_runs(rows, starts)
        first, *others = [hash[rows] for hash in self._hashes]
        edges = _NONE
        for i, j in near_in_runs(first, starts, self._limits[0]):
            for hash, limit in zip(others, self._limits[1:], strict=True):
                near = np.bitwise_count(hash[i] ^ hash[j]) <= limit
                i, j = i[near], j[near]
            edges = _concatenated([edges, (i, j)])
            if len(edges[0]) > len(rows):  # a forest has fewer
                tree = Forest(len(rows)).join(*edges)
                edges = edges[0][tree], edges[1][tree]
        return rows[edges[0]], rows[edges[1]]

    def _short_runs(self, rows: Rows, starts: Rows) -> tuple[Rows, Rows]:
        """The runs of up to ``_LONG`` rows; of those above ``_SHORT`` only what is mixed."""
        lengths = np.diff(starts)
        chosen = (lengths <= _SHORT) | ((lengths <= _LONG) & self._mixed(rows, starts))
        if chosen.all():
            return rows, starts
        ends = np.cumsum(lengths[chosen])
        return rows[np.repeat(chosen, lengths)], np.concatenate([[0], ends])

    def _long_runs(self, rows: Rows, starts: Rows) -> list[Rows]:
        """The runs of more than ``_LONG`` rows that do not hang together yet."""
        if np.diff(starts).max() <= _LONG:
            return []
        long = np.flatnonzero((np.diff(starts) > _LONG) & self._mixed(rows, starts))
        return [rows[starts[run] : starts[run + 1]] for run in long]

    def _mixed(self, rows: Rows, starts: Rows) -> NDArray[np.bool_]:
        """Which runs of more than ``_SHORT`` rows hold rows that do not hang together yet."""
        lengths = np.diff(starts)
        mixed = np.zeros(len(lengths), bool)
        candidates = lengths > _SHORT
        if candidates.any():
            part = self._forest.find(rows[np.repeat(candidates, lengths)])
            at = np.cumsum(lengths[candidates]) - lengths[candidates]
            mixed[candidates] = np.minimum.reduceat(part, at) != np.maximum.reduceat(part, at)
        return mixed

    def _unite(self, rows: Rows, level: int) -> None:
        """Link the near ones among rows, some of which may hang together already."""
        if len(rows) < 2:
            return
        for turn in range(_PIVOTS):
            part = self._forest.find(rows)
            largest = rows[part == _most_common(part)]
            pivot = largest[turn * len(largest) // _PIVOTS]
            if len(apart := rows[part != part[rows == pivot]]) == 0:
                return
            self._compare(np.array([pivot]), apart)
        part = self._forest.find(rows)
        outside = rows[part != _most_common(part)]
        if len(outside) * len(rows) > _MANY and level + 1 < len(self._hashes):
            self._search(rows, level + 1)
            return
        height = max(1, _BLOCK // len(rows))
        for start in range(0, len(outside), height):
            self._compare(outside[start : start + height], rows)

    def _compare(self, some: Rows, rows: Rows) -> None:
        """Link the near pairs of some rows and others."""
        near = np.ones((len(some), len(rows)), bool)
        for hash, limit in zip(self._hashes, self._limits, strict=True):
            near &= np.bitwise_count(hash[some][:, None] ^ hash[rows]) <= limit
        i, j = np.nonzero(near)
        self._join((some[i], rows[j]))

    def _join(self, edges: Edges) -> None:
        i, j = edges
        tree = self._forest.join(i, j)
        if len(tree):
            self._found.append((i[tree], j[tree]))


def _concatenated(edges: list[Edges]) -> Edges:
    i, j = (np.concatenate(side) for side in zip(*edges, strict=True))
    return i, j


def _most_common(values: Rows) -> int:
    known, counts = np.unique(values, return_counts=True)
    return int(known[counts.argmax()])
