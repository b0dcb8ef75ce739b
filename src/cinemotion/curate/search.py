"""Split by greedy choice and local search: quick at any size, deterministic, without a bound.

    taken = place_greedily(problem)                    # int64 (t, k)
    taken = improve(problem, taken, seed=0)            # never worse

Greedy: the largest groups first, each to the side where it fits best. Search: move a group, or
swap two, as long as that lowers the cost; then kick a few groups out of place and try again
(iterated local search, Lourenço, Martin and Stützle 2003), until many kicks in a row were in
vain. The work is counted in numbers touched, not in seconds, so that runs repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from cinemotion.curate.balance import Counts, Mask, Problem, Shares

_WORK = 100_000_000  # numbers that a search may touch: about half a second
_SWAP = 4_000_000  # numbers that one look for the best swap may touch
_CALL = 20_000  # what a look costs beside the numbers that it touches
_EPSILON = 1e-12  # a gain below this is rounding

Step = list[tuple[int, int, int]]  # a group of this type leaves this side for that one


def place_greedily(problem: Problem) -> Counts:
    """A first distribution, int64 ``(t, k)``.

    Groups are placed in the order of the share of the columns that they hold, largest first;
    equal ones in the order of the rows. Each goes where Pearson's χ² between what the sides
    have and what they should have grows least, so that all sides fill at one pace and the small
    groups that come last can level what the large ones left. The last of all go to needed sides
    that are still empty.
    """
    weights = problem.weights / np.maximum(problem.wanted, 0.5)
    excess = problem.placed - problem.wanted
    taken = np.zeros((len(problem.rows), len(problem.needed)), np.int64)
    empty, left = problem.needed.copy(), int(problem.copies.sum())
    for t in np.argsort(-(problem.rows @ problem.weights), kind="stable"):
        row = problem.rows[t]
        price = row * weights
        for _ in range(problem.copies[t]):
            choices = empty if empty.sum() >= left else problem.allowed
            growth = ((2 * excess + row) * price).sum(axis=1)
            side = int(np.argmin(np.where(choices, growth, np.inf)))
            taken[t, side] += 1
            excess[side] += row
            empty[side] = False
            left -= 1
    return taken


def improve(problem: Problem, taken: Counts, *, seed: int, enough: float = 0.0) -> Counts:
    """Lower the cost of a distribution by moves, swaps and kicks.

    Args:
        problem: The groups and what is wanted.
        taken: int64 ``(t, k)``, the distribution to start from; left as it is.
        seed: Of the kicks.
        enough: A cost at which to stop.

    Returns:
        int64 ``(t, k)``, at most as costly.
    """
    if not len(problem.rows):
        return taken
    search = _Search(problem, np.random.default_rng(seed))
    best = search.descend(taken)
    cost = problem.cost(best)
    idle, patience = 0, 20 + 5 * len(problem.rows)
    while search.touched < _WORK and cost > enough and idle < patience:
        other = search.descend(search.kick(best))
        idle += 1
        if (found := problem.cost(other)) < cost - _EPSILON:
            best, cost, idle = other, found, 0
    return best


class _Search:
    """Local search on one problem; counts what it touches."""

    def __init__(self, problem: Problem, random: np.random.Generator) -> None:
        self.problem = problem
        self.random = random
        self.touched = 0

    def descend(self, taken: Counts) -> Counts:
        """Take the best move, or where none helps the best swap, until neither does."""
        taken = taken.copy()
        while True:
            gain, step = self._best_move(taken)
            if gain > -_EPSILON:
                gain, step = min(self._swaps(taken), key=lambda swap: swap[0], default=(0.0, []))
            if gain > -_EPSILON:
                return taken
            for t, source, target in step:
                taken[t, source] -= 1
                taken[t, target] += 1

    def kick(self, taken: Counts) -> Counts:
        """A few groups on other sides, at random; no needed side is emptied."""
        taken = taken.copy()
        sides = np.flatnonzero(self.problem.allowed)
        for _ in range(int(self.random.integers(2, 5))):
            held = np.argwhere((taken > 0) & self._spare(taken))
            if len(held):
                t, source = held[self.random.integers(len(held))]
                taken[t, source] -= 1
                taken[t, self.random.choice(sides)] += 1
        return taken

    def _spare(self, taken: Counts) -> Mask:
        """Whether a side may lose a group, ``(k,)``."""
        spare: Mask = ~(self.problem.needed & (taken.sum(axis=0) <= 1))
        return spare

    def _best_move(self, taken: Counts) -> tuple[float, Step]:
        """The move of one group that lowers the cost most, and by how much, negative."""
        rows = self.problem.rows[:, None]
        excess = self.problem.sums(taken) - self.problem.wanted
        now = self._weigh(excess)
        self.touched += 2 * rows.size * len(now) + _CALL
        less = np.where((taken > 0) & self._spare(taken), self._weigh(excess - rows) - now, np.inf)
        more = np.where(self.problem.allowed, self._weigh(excess + rows) - now, np.inf)
        gains = less[:, :, None] + more[:, None, :]
        gains[:, np.arange(len(now)), np.arange(len(now))] = np.inf
        t, source, target = np.unravel_index(np.argmin(gains), gains.shape)
        return float(gains[t, source, target]), [(int(t), int(source), int(target))]

    def _swaps(self, taken: Counts) -> Iterator[tuple[float, Step]]:
        """The best swap of every pair of sides, and by how much it lowers the cost, negative."""
        rows = self.problem.rows
        excess = self.problem.sums(taken) - self.problem.wanted
        now = self._weigh(excess)
        pairs = list(combinations(np.flatnonzero(self.problem.allowed).tolist(), 2))
        most = int(np.sqrt(_SWAP / max(1, len(pairs) * rows.shape[1])))
        for a, b in pairs:
            here, there = (self._some(np.flatnonzero(taken[:, side]), most) for side in (a, b))
            if not len(here) or not len(there):
                continue
            change = rows[there][None] - rows[here][:, None]
            self.touched += 2 * change.size + _CALL
            costs = np.add(self._weigh(excess[a] + change), self._weigh(excess[b] - change))
            i, j = np.unravel_index(np.argmin(costs), costs.shape)
            gain = float(costs[i, j] - now[a] - now[b])
            yield gain, [(int(here[i]), a, b), (int(there[j]), b, a)]

    def _weigh(self, excess: Shares) -> Shares:
        """What samples too many or too few, ``(…, m)``, cost, ``(…,)``."""
        cost: Shares = (np.abs(excess) * self.problem.weights).sum(axis=-1)
        return cost

    def _some(self, types: Counts, most: int) -> Counts:
        """All types, or a random choice where there are too many."""
        if len(types) <= most:
            return types
        return np.sort(self.random.choice(types, most, replace=False))
