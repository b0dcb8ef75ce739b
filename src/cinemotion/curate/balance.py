"""The arithmetic of a split: what a distribution of groups over sides costs, and a lower bound.

    problem = Problem(rows, copies, placed, wanted, needed, allowed)
    problem.cost(taken)       # 0.013: 1.3 % of the samples are on the wrong side
    problem.bound()           # no distribution of these groups costs less

**The cost.** A column is "all samples" or one class. Its deviation is ½ Σ |got − wanted| over
the sides, as a share of the column's samples: the share that would have to change sides
(total variation distance). The cost is the mean of the deviations of all columns that hold a
sample; each class counts as much as any other, however rare it is. It lies in [0, 1].

**Types.** Groups with equal counts are interchangeable. They are one row with a number of
copies, so that 30,000 single pictures of seven classes are seven rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Machine words that the subset sums of one column may cost; beyond, the bound is by rounding.
_WORDS = 200_000_000


@dataclass(frozen=True)
class Problem:
    """Groups to distribute over sides. ``t`` types, ``k`` sides, ``m`` columns.

    Attributes:
        rows: int64 ``(t, m)``, samples of one group of each type: all of them, then per class.
        copies: int64 ``(t,)``, how many groups of each type there are to place.
        placed: int64 ``(k, m)``, samples of the groups whose side is fixed.
        wanted: float64 ``(k, m)``, samples that the ratios ask for; a column adds up to all
            its samples.
        needed: bool ``(k,)``, whether a side must get at least one of the groups to place.
        allowed: bool ``(k,)``, whether a side may get any of them.
    """

    rows: Counts
    copies: Counts
    placed: Counts
    wanted: Shares
    needed: Mask
    allowed: Mask

    def __post_init__(self) -> None:
        (t, m), k = self.rows.shape, len(self.needed)
        shapes = (self.copies.shape, self.placed.shape, self.wanted.shape, self.allowed.shape)
        if shapes != ((t,), (k, m), (k, m), (k,)):
            raise ValueError(f"a problem of {t} types, {m} columns and {k} sides got {shapes}")

    @cached_property
    def totals(self) -> Counts:
        """int64 ``(m,)``: the samples of each column."""
        total: Counts = self.placed.sum(axis=0) + self.copies @ self.rows
        return total

    @cached_property
    def weights(self) -> Shares:
        """float64 ``(m,)``: what one sample too many or too few on a side costs."""
        filled = self.totals > 0
        return np.where(filled, 0.5 / np.maximum(self.totals, 1) / max(1, filled.sum()), 0.0)

    def sums(self, taken: Counts) -> Counts:
        """int64 ``(k, m)``: samples on every side where it takes ``taken[t, k]`` of each type."""
        return self.placed + taken.T @ self.rows

    def cost(self, taken: Counts) -> float:
        """The cost of a distribution, in [0, 1]; see the module's docstring."""
        return float((np.abs(self.sums(taken) - self.wanted) * self.weights).sum())

    def bound(self) -> float:
        """A cost that no distribution can go below.

        The samples of a side are a sum of whole groups. The sum nearest to what is wanted is
        found among all subsets of a column's group sizes (a bit per reachable sum), for every
        side on its own.
        """
        misses = [self._misses(column) for column in range(len(self.totals))]
        return float(self.weights @ np.array(misses))

    def _misses(self, column: int) -> float:
        """The least samples too many or too few, over all sides, in one column."""
        sizes, at = np.unique(self.rows[:, column], return_inverse=True)
        copies = np.bincount(at, weights=self.copies, minlength=len(sizes)).astype(int)
        sums = _reachable(sizes.tolist(), copies.tolist())
        missing = self.wanted[:, column] - self.placed[:, column]
        return sum(
            _distance(sums, float(miss)) if allowed else abs(float(miss))
            for miss, allowed in zip(missing, self.allowed, strict=True)
        )


def _reachable(sizes: list[int], copies: list[int]) -> int | None:
    """The sums that subsets of groups can have, as the set bits of one number.

    ``None`` where that takes too long; then any whole number counts as reachable.
    """
    total = sum(size * n for size, n in zip(sizes, copies, strict=True))
    steps = sum(n.bit_length() for n in copies)
    if steps * (total // 64 + 1) > _WORDS:
        return None
    sums = 1
    for size, n in zip(sizes, copies, strict=True):
        part = 1  # n copies as 1 + 2 + 4 + … + the rest: every number of them can be formed
        while n > 0:
            take = min(part, n)
            sums |= sums << (size * take)
            n, part = n - take, part * 2
    return sums


def _distance(sums: int | None, target: float) -> float:
    """How far the nearest reachable sum is from a target."""
    below = int(np.floor(target))
    if sums is None:
        return min(target - below, below + 1 - target) if target > 0 else -target
    if target < 0:
        return -target
    low = sums & ((1 << (below + 1)) - 1)
    high = sums >> (below + 1)
    distance = target - (low.bit_length() - 1)
    if high:
        distance = min(distance, below + (high & -high).bit_length() - target)
    return distance
