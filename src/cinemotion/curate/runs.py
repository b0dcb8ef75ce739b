"""Put hashes that agree under a mask next to each other, and compare neighbours.

    for rows, starts in equal_runs(hashes, mask):
        rows[starts[0] : starts[1]]        # rows whose hashes agree under the mask
        for i, j in near_in_runs(hashes[rows], starts, most=6):
            rows[i], rows[j]               # pairs of such rows that differ in few bits

What comes is cut at the borders of runs into stretches that fit into the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.forest import Rows
from cinemotion.curate.hashes import Bits

_STRETCH = 1 << 17  # rows
_SPARSE = 12  # times longer takes a comparison of places that must be picked
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd: different keys stay different


def equal_runs(hashes: Bits, mask: np.uint64) -> Iterator[tuple[Rows, Rows]]:
    """Rows in the order of their masked hashes, without those that agree with none.

    Args:
        hashes: uint64 ``(n,)``, at most 2**32 of them.
        mask: The bits that count.

    Yields:
        ``rows``: int64 ``(m,)``; ``starts``: int64 ``(r + 1,)``, where each run of two rows or
        more starts, and the end of the last. In rare cases different keys share a run.
    """
    low = np.uint64(max(1, (len(hashes) - 1).bit_length()))
    place = np.uint64((1 << int(low)) - 1)
    # One sort of numbers, key above and row below, is much faster than a sort of rows by key.
    packed = hashes & mask
    packed *= _SPREAD
    packed &= ~place
    packed |= np.arange(len(hashes), dtype=np.uint64)
    packed.sort()
    begin = 0
    while begin < len(packed):
        end = _border(packed, min(begin + _STRETCH, len(packed)), place)
        part = packed[begin:end]
        keys = part >> low
        fresh = np.ones(len(part) + 1, bool)
        np.not_equal(keys[1:], keys[:-1], out=fresh[1:-1])
        fresh_next = fresh[1:]
        shared = ~(fresh[:-1] & fresh_next)
        rows = (part[shared] & place).astype(np.int64)
        if len(rows):
            yield rows, np.append(np.flatnonzero(fresh[:-1][shared]), len(rows))
        begin = end


def near_in_runs(hashes: Bits, starts: Rows, most: int) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of places inside runs whose hashes differ in few bits.

    Args:
        hashes: uint64 ``(m,)``, run after run.
        starts: int64 ``(r + 1,)``, where each run starts, and the end of the last.
        most: Bits that may differ.

    Yields:
        ``i``, ``j``: int64 ``(p,)``, pairs that are 1 place apart, then 2, and so on.
    """
    lengths = np.diff(starts)
    ends = np.repeat(starts[1:], lengths)
    for step in range(1, int(lengths.max(initial=1))):
        if np.maximum(lengths - step, 0).sum() * _SPARSE > len(hashes):
            # Comparing all places, across runs too, is faster than picking the right ones.
            apart = np.bitwise_count(hashes[:-step] ^ hashes[step:])
            at = np.flatnonzero(apart <= most)
            at = at[at + step < ends[at]]
        else:
            at = np.flatnonzero(ends > np.arange(step, len(ends) + step))
            yield from _sparse(hashes, ends, at, step, most)
            return
        yield at, at + step


def _sparse(
    hashes: Bits, ends: Rows, at: Rows, step: int, most: int
) -> Iterator[tuple[Rows, Rows]]:
    """The same from some step on, where only a few places have so long a run."""
    while len(at := at[at + step < ends[at]]):
        near = at[np.bitwise_count(hashes[at] ^ hashes[at + step]) <= most]
        yield near, near + step
        step += 1


def _border(packed: NDArray[np.uint64], at: int, place: np.uint64) -> int:
    """The first place from ``at`` on where a run starts."""
    if at >= len(packed):
        return len(packed)
    return int(np.searchsorted(packed, packed[at - 1] | place, side="right"))
