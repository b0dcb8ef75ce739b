"""Families of bit masks under one of which any two near hashes agree.

    for mask in masks(most=6, among=1_000_000):
        ...                            # hashes with equal ``hash & mask`` are worth comparing

The 64 bits are dealt to 14 blocks; a mask keeps some of the blocks. However the ``most`` bits
that differ are spread, at least one mask of the family keeps none of their blocks, so that
nothing near is missed. More blocks kept means fewer hashes to compare, under more masks; the
choice is the one with the least work.

Source: G. S. Manku, A. Jain, A. Das Sarma, "Detecting near-duplicates for web crawling", WWW
2007, with a greedy cover (V. Chvátal, 1979) in the place of all combinations of blocks: half as
many masks.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

BLOCKS = 14
# Seconds to sort one hash by its masked bits, and to compare two hashes.
_SORT, _COMPARE = 40e-9, 50e-9


def masks(most: int, among: int) -> list[np.uint64]:
    """Masks such that two hashes that differ in few bits agree under at least one.

    Args:
        most: Bits that may differ, 0 to 10.
        among: How many hashes are searched; decides how much a mask keeps.
    """
    among = max(among, 2)
    best = _family(most, 1)
    for kept in range(2, BLOCKS - most + 1):
        # More masks than this cannot pay, whatever they keep.
        if _at_least(most, kept) * _SORT * among > _work(best, among):
            break
        family = _family(most, kept)
        if _work(family, among) < _work(best, among):
            best = family
    return [np.uint64(mask) for mask in best]


def _work(family: tuple[int, ...], among: int) -> float:
    """Seconds, if the bits of the hashes were thrown like coins."""
    compare = sum(among * among / (2 << mask.bit_count()) for mask in family)
    return len(family) * among * _SORT + compare * _COMPARE


def _at_least(most: int, kept: int) -> float:
    """No family is smaller: how many masks there are for each that avoids given blocks."""
    return comb(BLOCKS, kept) / comb(BLOCKS - most, kept)


@lru_cache
def _family(most: int, kept: int) -> tuple[int, ...]:
    keys, spoilt = _choices(kept), _choices(most)
    avoids = (keys.astype(np.float32) @ spoilt.T.astype(np.float32)) == 0
    family = []
    while avoids.shape[1]:
        best = int(avoids.sum(axis=1).argmax())
        family.append(sum(_block(b) for b in np.flatnonzero(keys[best]).tolist()))
        avoids = avoids[:, ~avoids[best]]
    return tuple(family)


def _choices(count: int) -> NDArray[np.bool_]:
    """All ways to choose ``count`` of the blocks, bool ``(n, BLOCKS)``."""
    ways = np.array(list(combinations(range(BLOCKS), count)), np.int64)
    chosen = np.zeros((len(ways), BLOCKS), bool)
    np.put_along_axis(chosen, ways, True, axis=1)
    return chosen


def _block(block: int) -> int:
    """The bits of a block. Neighbouring bits tell the same of a picture: they are dealt out."""
    return sum(1 << bit for bit in range(block, 64, BLOCKS))
