"""Scores of two partitions of the same samples, from how many samples fall in which cell.

    table = Crosstab.count(labels, clusters)        # two int64 (n,), numbered from 0
    measure(table)["ari"]                           # float64 (1,)
    measure(table.drawn(many))["ari"]               # float64 (b,): b tables at once

Adjusted Rand index: Hubert and Arabie 1985. Adjusted mutual information: Vinh, Epps and Bailey
2010. Homogeneity, completeness, V: Rosenberg and Hirschberg 2007. Fowlkes and Mallows 1983.
Accuracy is that of the best one-to-one match of clusters and labels (Kuhn 1955). NMI and AMI are
normalised by the mean of the two entropies, as in scikit-learn; NMI and V are then one number.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.learn.optional import needs

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

SCORES = (
    *("ari", "nmi", "ami", "homogeneity", "completeness", "v"),
    *("fowlkes_mallows", "purity", "accuracy"),
)

_ZERO = 1e-12  # what is left of a difference of entropies, in nats, when it should be nothing


@dataclass(frozen=True, slots=True)
class Crosstab:
    """The cells that are not empty, of one table or of several drawn from it.

    Attributes:
        rows: int64 ``(m,)``: the label of each cell, ascending.
        cols: int64 ``(m,)``: its cluster.
        counts: int64 ``(b, m)``: samples in each cell of each of ``b`` tables.
        matched: bool ``(m,)``: the cells of the best one-to-one match. Tables that were drawn
            keep the match of the first: to first order, the best accuracy varies as that of a
            fixed match does.
        chance: Mutual information of the table's margins by chance, in nats; also kept.
    """

    rows: Ints
    cols: Ints
    counts: Ints
    matched: NDArray[np.bool_]
    chance: float

    @classmethod
    def count(cls, rows: Ints, cols: Ints) -> Crosstab:
        """The table of two partitions, int64 ``(n,)`` each, numbered from 0, not empty."""
        width = int(cols.max()) + 1
        cells, counts = np.unique(rows * width + cols, return_counts=True)
        return cls.of(cells // width, cells % width, counts)

    @classmethod
    def of(cls, rows: Ints, cols: Ints, counts: Ints, chance: float | None = None) -> Crosstab:
        """One table from its cells; ``chance`` where it is known."""
        from scipy.optimize import linear_sum_assignment
        from scipy.sparse import coo_array

        sparse = coo_array((counts, (rows, cols)))
        pairs = linear_sum_assignment(sparse.toarray(), maximize=True)
        best = dict(zip(*(side.tolist() for side in pairs), strict=True))
        matched = [
            best.get(row) == col for row, col in zip(rows.tolist(), cols.tolist(), strict=True)
        ]
        if chance is None:
            with needs("scikit-learn", "cluster"):
                from sklearn.metrics.cluster import expected_mutual_information

            chance = float(expected_mutual_information(sparse.tocsr(), int(counts.sum())))
        return cls(rows, cols, counts[None], np.array(matched), chance)

    def drawn(self, counts: Ints) -> Crosstab:
        """Other counts, int64 ``(b, m)``, of the same cells."""
        return dataclasses.replace(self, counts=counts)

    def margins(self) -> tuple[Ints, Ints]:
        """Samples of each label that occurs, ``(b, r)``, and in each cluster, ``(b, c)``."""
        return _gather(np.add, self.counts, self.rows), _gather(np.add, self.counts, self.cols)


def measure(table: Crosstab) -> dict[str, Reals]:
    """All scores of each table, by name: float64 ``(b,)``, in the order of :data:`SCORES`."""
    counts = table.counts
    n = counts.sum(axis=1)
    rows, cols = table.margins()
    of_rows, of_cols = _entropy(rows, n), _entropy(cols, n)
    mutual = np.maximum(of_rows + of_cols - _entropy(counts, n), 0)
    mean = (of_rows + of_cols) / 2
    v = _ratio(mutual, mean)
    same, same_row, same_col = (_pairs(part) for part in (counts, rows, cols))
    by_chance = same_row * same_col / np.maximum(n * (n - 1) / 2, 1)
    scores = {
        "ari": _ratio(same - by_chance, (same_row + same_col) / 2 - by_chance),
        "nmi": v,
        "ami": _ratio(mutual - table.chance, mean - table.chance),
        "homogeneity": _ratio(mutual, of_rows),
        "completeness": _ratio(mutual, of_cols),
        "v": v,
        "fowlkes_mallows": same / np.maximum(np.sqrt(same_row * same_col), 1),
        "purity": _gather(np.maximum, counts, table.cols).sum(axis=1) / n,
        "accuracy": counts[:, table.matched].sum(axis=1) / n,
    }
    return {name: scores[name] for name in SCORES}


def _gather(how: np.ufunc, counts: Ints, index: Ints) -> Ints:
    """Sum or maximum over the cells of each label or cluster that occurs: ``(b, r)``."""
    order = np.argsort(index, kind="stable")
    _, starts = np.unique(index[order], return_index=True)
    return np.asarray(how.reduceat(counts[:, order], starts, axis=1))


def _entropy(counts: Ints, n: Ints) -> Reals:
    """Of each table's shares, in nats: ``(b, m)`` to ``(b,)``."""
    shares = counts / n[:, None]
    logs = np.log(shares, out=np.zeros_like(shares), where=counts > 0)
    return np.asarray(-np.einsum("bm,bm->b", shares, logs))


def _pairs(counts: Ints) -> Reals:
    """How many pairs of samples share a cell: ``(b, m)`` to ``(b,)``."""
    return np.asarray((counts * (counts - 1.0)).sum(axis=1) / 2)


def _ratio(part: Reals, whole: Reals) -> Reals:
    """A share, 1 where there is nothing to explain: both partitions are trivial alike."""
    some = np.abs(whole) > _ZERO
    return np.divide(part, whole, out=np.ones_like(part), where=some)
