"""Union-find over arrays: which of many things belong together, told in batches of pairs.

    forest = Forest(5)
    forest.join(np.array([0, 3]), np.array([1, 4]))
    forest.find(np.arange(5))                      # array([0, 0, 2, 3, 3])

The name of a set is its smallest member, whatever the order of the calls.
Source: R. E. Tarjan, "Efficiency of a good but not linear set union algorithm", J. ACM 1975;
a batch is joined with SciPy's connected components.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

Rows = NDArray[np.int64]


class Forest:
    """Disjoint sets of the numbers below ``n``, each on its own at first."""

    def __init__(self, n: int) -> None:
        self._parent = np.arange(n, dtype=np.int64)

    def find(self, rows: Rows) -> Rows:
        """The smallest member of the set of each row, int64 ``(n,)``."""
        root = self._parent[rows]
        while not np.array_equal(above := self._parent[root], root):
            root = above
        return root

    def join(self, i: Rows, j: Rows) -> Rows:
        """Unite the sets of ``i[n]`` and ``j[n]`` for every ``n``.

        Returns:
            int64 ``(m,)``: the places of pairs that are enough to connect the same, as few as
            can be; pairs that were united before this call are not among them.
        """
        a, b = self.find(i), self.find(j)
        self._parent[i], self._parent[j] = a, b  # the next look is shorter
        apart = np.flatnonzero(a != b)
        if not len(apart):
            return apart
        roots, place = np.unique(np.concatenate([a[apart], b[apart]]), return_inverse=True)
        a, b = np.sort(place.reshape(2, -1), axis=0)
        _, first = np.unique(a * len(roots) + b, return_index=True)
        # The weights are the pairs' numbers, so that the tree tells which pairs it is made of.
        graph = coo_array((first + 1.0, (a[first], b[first])), (len(roots),) * 2)
        tree = minimum_spanning_tree(graph)
        _, part = connected_components(tree, directed=False)
        # Roots are sorted, so the first of a part is its smallest.
        _, smallest = np.unique(part, return_index=True)
        self._parent[roots] = roots[smallest][part]
        return apart[np.sort(tree.data.astype(np.int64)) - 1]
