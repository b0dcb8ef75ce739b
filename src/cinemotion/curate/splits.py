"""Distribute groups over the sides of a split, so that every class comes near to its ratios.

    solution = split_groups(counts, sizes, (70, 20, 10), keys=["film:a", "film:b", …])
    solution.assignment       # int64 (g,): 0 is train, 1 val, 2 test
    solution.cost, solution.bound

A group goes to exactly one side. What is minimised, and what "near" means, stands in
``curate/balance.py``. First greedily, then by local search (``curate/search.py``); where that
is not yet proved to be the best and the problem is not too large, by a mixed-integer program
(``curate/milp.py``). Groups are put in an order of their own first: what comes out depends on
the keys, the counts and the seed, not on the order in which the groups come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinemotion.core.hashing import hash_bytes
from cinemotion.curate.balance import Counts, Problem, Shares
from cinemotion.curate.milp import GAP, solve
from cinemotion.curate.search import improve, place_greedily

FREE = -1
# The program is asked where the search may be off by more than one sample in 2,000 ...
_ENOUGH = 5e-4
# ... and there are at most so many whole-number variables (groups that differ × sides).
_LARGEST = 10_000
# Nodes × variables of its branch-and-bound tree: some seconds.
_NODES = 60_000


@dataclass(frozen=True)
class Solution:
    """A split of ``g`` groups over ``k`` sides. Column 0 is all samples, the others the classes.

    Attributes:
        assignment: int64 ``(g,)``, the side of every group.
        got: int64 ``(k, 1 + c)``, samples on every side.
        wanted: float64 ``(k, 1 + c)``, samples that the ratios ask for.
        holders: int64 ``(c,)``, how many groups hold each class: with fewer than sides, some
            side goes without it.
        cost: Mean deviation of all columns that hold a sample; see ``curate/balance.py``.
        bound: No split of these groups costs less.
        method: ``search`` or ``milp``: which of them found it.
    """

    assignment: Counts
    got: Counts
    wanted: Shares
    holders: Counts
    cost: float
    bound: float
    method: str

    @property
    def deviation(self) -> Shares:
        """float64 ``(1 + c,)``: the share of each column's samples on a wrong side."""
        wrong: Shares = np.abs(self.gaps).sum(axis=0) / 2
        return wrong

    @property
    def gaps(self) -> Shares:
        """float64 ``(k, 1 + c)``: the share that a side got less the share it should have."""
        gaps: Shares = (self.got - self.wanted) / np.maximum(self.got.sum(axis=0), 1)
        return gaps

    @property
    def optimal(self) -> bool:
        """Whether no split of these groups is better by more than one sample in 10,000."""
        return self.cost <= self.bound + GAP


def split_groups(
    counts: ArrayLike,
    sizes: ArrayLike,
    ratios: Sequence[float],
    *,
    keys: Sequence[str],
    fixed: ArrayLike | None = None,
    seed: int = 0,
) -> Solution:
    """Give every group a side.

    A side with a ratio above 0 gets at least one group; where there are too few groups for
    that, the sides with the largest ratios come first. A side with the ratio 0 gets none.

    Args:
        counts: int ``(g, c)``, samples of each class in every group.
        sizes: int ``(g,)``, all samples of every group, with and without a class; at least 1.
        ratios: ``k`` numbers, at least 0, not all 0.
        keys: ``g`` different names; which of several equal groups goes where hangs on them.
        fixed: int ``(g,)``, the side of a group that has one already, else :data:`FREE`.
        seed: At least 0. Another seed makes other choices among equals.

    Raises:
        ValueError: The arguments do not fit together.
    """
    rows = np.column_stack([np.asarray(sizes, np.int64), np.asarray(counts, np.int64)])
    sides = np.full(len(rows), FREE) if fixed is None else np.asarray(fixed, np.int64).copy()
    _check(rows, sides, ratios, keys)
    problem, types = pose(rows, sides, ratios, seed)
    taken, bound, method = _solve(problem, seed)
    free = np.flatnonzero(sides == FREE)
    names = np.array([_mixed(seed, keys[i]) for i in free.tolist()], str)
    by_type = np.lexsort((names, types))
    sides[free[by_type]] = np.repeat(np.tile(np.arange(len(ratios)), len(taken)), taken.ravel())
    return Solution(
        assignment=sides,
        got=problem.sums(taken),
        wanted=problem.wanted,
        holders=(rows[:, 1:] > 0).sum(axis=0),
        cost=problem.cost(taken),
        bound=bound,
        method=method,
    )


def pose(
    rows: Counts, fixed: Counts, ratios: Sequence[float], seed: int
) -> tuple[Problem, NDArray[np.intp]]:
    """Write the groups as a problem.

    Args:
        rows: int64 ``(g, m)``, the columns of every group.
        fixed: int64 ``(g,)``, sides or :data:`FREE`.
        ratios: ``k`` numbers.
        seed: Of the order of the types.

    Returns:
        The problem, and of every free group the index of its type.
    """
    free = fixed == FREE
    types, at, copies = np.unique(rows[free], axis=0, return_inverse=True, return_counts=True)
    order = np.argsort([_mixed(seed, str(row)) for row in types.tolist()])
    share = np.asarray(ratios, float) / sum(ratios)
    placed = np.stack([rows[fixed == side].sum(axis=0) for side in range(len(share))])
    needed = (share > 0) & ~np.isin(np.arange(len(share)), fixed)
    last = np.argsort(-np.where(needed, share, -1), kind="stable")[free.sum() :]
    needed[last] = False
    problem = Problem(
        rows=types[order],
        copies=copies[order].astype(np.int64),
        placed=placed,
        wanted=share[:, None] * rows.sum(axis=0),
        needed=needed,
        allowed=share > 0,
    )
    return problem, np.argsort(order)[at.ravel()]


def _solve(problem: Problem, seed: int) -> tuple[Counts, float, str]:
    """The distribution, a bound on the cost of any, and who found it."""
    bound = problem.bound()
    taken = place_greedily(problem)
    taken = improve(problem, taken, seed=seed, enough=bound + GAP)
    cost, size = problem.cost(taken), taken.size
    if cost <= bound + _ENOUGH or size > _LARGEST:
        return taken, bound, "search"
    other, bound = solve(problem, nodes=max(1, _NODES // size))
    if other is not None and problem.cost(other) < cost:
        return improve(problem, other, seed=seed, enough=bound), bound, "milp"
    return taken, min(bound, cost), "search"


def _check(rows: Counts, fixed: Counts, ratios: Sequence[float], keys: Sequence[str]) -> None:
    if len(set(keys)) != len(rows) or len(fixed) != len(rows) or len(keys) != len(rows):
        raise ValueError(
            f"{len(rows)} groups need as many different keys and sides, got "
            f"{len(set(keys))} keys and {len(fixed)} sides"
        )
    if (rows < 0).any() or (rows[:, 0] < 1).any():
        raise ValueError("a group holds at least one sample and no fewer than none of a class")
    if not (min(ratios, default=-1) >= 0 and 0 < sum(ratios) < np.inf):
        raise ValueError(f"ratios are numbers of at least 0, not all 0; got {tuple(ratios)}")
    if len(fixed) and not (fixed.min() >= FREE and fixed.max() < len(ratios)):
        raise ValueError(f"a fixed side is {FREE} or one of 0 … {len(ratios) - 1}")


def _mixed(seed: int, text: str) -> str:
    """An order that the seed decides, the same on every machine."""
    return hash_bytes(f"{seed}/{text}".encode())
