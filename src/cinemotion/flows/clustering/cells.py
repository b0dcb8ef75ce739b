"""A contingency table of bounded size, to be drawn.

    cells = read_cells(clustering.contingency["film"])
    cells.names, cells.clusters      # of the rows and the columns
    cells.counts, cells.shares       # int64 and float64 (rows, columns)

A data set may have thousands of tracks and hundreds of clusters: those with the fewest samples are
summed into a last row and a last column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

_ROWS = 16
_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts of samples.

    Attributes:
        names: A label or group per row, the most frequent first.
        clusters: A cluster per column.
        counts: int64 ``(rows, columns)``.
        shares: float64 ``(rows, columns)``, of each cluster's samples, in [0, 1].
    """

    names: list[str]
    clusters: list[str]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]


def read_cells(table: pl.DataFrame) -> Cells:
    """The cells of a contingency table, the rarest summed where there are too many.

    Args:
        table: As :func:`cinemotion.learn.clusterscores.contingency` gives it.
    """
    counts = table.drop("label").to_numpy().astype(np.int64)
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    names = [str(table["label"][int(row)]) for row in order]
    names, counts = _summed(names, counts[order], _ROWS)
    clusters, turned = _summed(table.columns[1:], counts.T, _COLUMNS)
    counts = np.ascontiguousarray(turned.T)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    return Cells(names, clusters, counts, shares)


def _summed(
    names: list[str], rows: NDArray[np.int64], most: int
) -> tuple[list[str], NDArray[np.int64]]:
    """The first rows, and the sum of the others as a last one."""
    if len(names) <= most:
        return names, rows
    kept = most - 1
    others = rows[kept:].sum(axis=0, keepdims=True)
    return [*names[:kept], f"{len(names) - kept} others"], np.vstack([rows[:kept], others])
