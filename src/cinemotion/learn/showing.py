"""Which samples to look at, so as to know a cluster: the most typical and the least.

    for shown in show_clusters(vectors, clusters):
        shown.cluster, shown.size        # 0, 412
        shown.typical                    # rows nearest to the cluster's centre, nearest first
        shown.odd                        # rows furthest from it, furthest first

Distances are Euclidean, in the numbers that were clustered. What an algorithm calls noise (-1)
has no centre: rows taken evenly from all of it are shown as they come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats

NOISE = -1


@dataclass(frozen=True, slots=True)
class ShownCluster:
    """What to show of a cluster.

    Attributes:
        cluster: Its number, or -1 for noise.
        size: How many samples it has.
        typical: int64 ``(≤ typical,)``, row numbers, nearest to the centre first.
        odd: int64 ``(≤ odd,)``, row numbers, furthest from it first; none of them is typical.
    """

    cluster: int
    size: int
    typical: NDArray[np.int64]
    odd: NDArray[np.int64]


def show_clusters(
    vectors: Floats, clusters: NDArray[np.int64], *, typical: int = 8, odd: int = 4
) -> list[ShownCluster]:
    """Choose typical and odd rows of every cluster; noise comes last.

    Args:
        vectors: float32 ``(n, d)``, what was clustered.
        clusters: int64 ``(n,)``, a cluster's number or -1 per row.
        typical: At most so many representatives of each.
        odd: At most so many outliers of each.

    Raises:
        BadInputError: There are not as many clusters as vectors.
    """
    if len(vectors) != len(clusters):
        raise BadInputError(
            f"{len(vectors)} vectors and {len(clusters)} clusters do not go together"
        )
    numbers = np.unique(clusters)
    return [
        _show(vectors, int(number), np.flatnonzero(clusters == number), typical, odd)
        for number in (*numbers[numbers != NOISE], *numbers[numbers == NOISE])
    ]


def _show(
    vectors: Floats, number: int, rows: NDArray[np.int64], typical: int, odd: int
) -> ShownCluster:
    if number == NOISE:
        some = rows[np.linspace(0, len(rows) - 1, min(typical, len(rows))).astype(np.int64)]
        return ShownCluster(number, len(rows), some, rows[:0])
    members = vectors[rows]
    distances = np.linalg.norm(members - members.mean(axis=0), axis=1)
    order = rows[np.argsort(distances, kind="stable")]
    return ShownCluster(number, len(rows), order[:typical], order[typical:][::-1][:odd])
