"""How sure a score is, and what chance would give: draws of whole contingency tables.

    random = np.random.default_rng(0)
    by_sample(table, 1000, random)["ari"]       # float64 (1000,): the bootstrap
    permuted(table, 200, random)["ari"]         # float64 (200,): clusters dealt out anew

A bootstrap draws n samples with replacement (Efron 1979). The counts of the cells are then
multinomial, so that tables are drawn at once and no sample is touched. Samples of one film or
clip are not independent: drawing whole groups (Davison and Hinkley 1997, section 3.8) shows how
much the score depends on which films there are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cinemotion.learn.crosstab import SCORES, Crosstab, Ints, Reals, measure

Scores = dict[str, Reals]

_CELLS = 4_000_000  # counts that are in memory at a time
_ENDS = (2.5, 97.5)


def by_sample(table: Crosstab, resamples: int, random: np.random.Generator) -> Scores:
    """Scores of tables of as many samples, drawn with replacement: float64 ``(resamples,)``."""
    counts = table.counts[0]
    n = int(counts.sum())
    return _joined(
        measure(table.drawn(random.multinomial(n, counts / n, size=size)))
        for size in _portions(resamples, len(counts))
    )


def by_group(
    table: Crosstab,
    rows: Ints,
    cols: Ints,
    groups: Ints,
    resamples: int,
    random: np.random.Generator,
) -> Scores:
    """Scores when whole groups are drawn with replacement: float64 ``(resamples,)``.

    Args:
        table: The table of ``rows`` and ``cols``.
        rows: The label of each sample, int64 ``(n,)``.
        cols: Its cluster.
        groups: Its group, numbered from 0.
        resamples: How many tables.
        random: What chance follows from.
    """
    from scipy.sparse import coo_array

    width = int(cols.max()) + 1
    cells = np.searchsorted(table.rows * width + table.cols, rows * width + cols)
    n, count = len(rows), int(groups.max()) + 1
    shape = (count, table.counts.shape[1])
    held = coo_array((np.ones(n, np.int64), (groups, cells)), shape=shape).tocsr()
    even = np.full(count, 1 / count)
    return _joined(
        measure(table.drawn(np.asarray(random.multinomial(count, even, size=size) @ held)))
        for size in _portions(resamples, max(shape))
    )


def permuted(table: Crosstab, permutations: int, random: np.random.Generator) -> Scores:
    """Scores when the clusters, as large as they are, are dealt out by chance.

    Tables with the same margins are drawn (Patefield 1981): float64 ``(permutations,)``, or
    ``(1,)`` where there is only one such table.
    """
    from scipy.stats import random_table

    rows, cols = (side[0] for side in table.margins())
    if min(len(rows), len(cols)) == 1:  # there is no other table, and SciPy finds a wrong one
        return measure(table)
    dealing = random_table(rows, cols, seed=random)
    found = []
    for _ in range(permutations):
        dealt = np.asarray(dealing.rvs()).astype(np.int64)
        row, col = np.nonzero(dealt)
        found.append(measure(Crosstab.of(row, col, dealt[row, col], table.chance)))
    return _joined(found)


def interval(value: float, drawn: Reals, floor: float) -> tuple[float, float]:
    """The 95 % interval around a value: how far draws spread about their own mean.

    Drawing with replacement repeats samples, which makes tables look more orderly than they are:
    NMI and purity of the draws lie above the value. That shift is no uncertainty, and is taken
    off.

    Args:
        value: The score.
        drawn: Its draws, float64 ``(b,)``.
        floor: The lowest score that there is; the highest is 1.
    """
    low, high = value + np.percentile(drawn - drawn.mean(), _ENDS)
    return max(floor, min(value, float(low))), min(1.0, max(value, float(high)))


def _portions(total: int, width: int) -> Iterator[int]:
    """Sizes that add up to ``total``, such that so many rows of ``width`` fit into memory."""
    most = max(1, _CELLS // width)
    for at in range(0, total, most):
        yield min(most, total - at)


def _joined(parts: Iterator[Scores] | list[Scores]) -> Scores:
    found = list(parts)
    return {name: np.concatenate([part[name] for part in found]) for name in SCORES}
