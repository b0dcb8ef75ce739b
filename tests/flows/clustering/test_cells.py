from __future__ import annotations

import numpy as np

from cinemotion.flows.clustering.cells import read_cells
from cinemotion.learn.clusterscores import contingency


def test_rows_by_size_and_shares_of_each_cluster() -> None:
    clusters = np.array([0, 0, 1, 0, -1], np.int64)
    cells = read_cells(contingency(["a", "b", "b", "b", "a"], clusters))
    assert cells.names == ["b", "a"] and cells.clusters == ["0", "1", "noise"]
    assert cells.counts.tolist() == [[2, 1, 0], [1, 0, 1]]
    np.testing.assert_allclose(cells.shares, [[2 / 3, 1, 0], [1 / 3, 0, 1]])


def test_the_rarest_are_summed() -> None:
    labels = [f"track {i:03}" for i in range(100) for _ in range(1 + (i == 42))]
    clusters = np.arange(101, dtype=np.int64) % 50
    cells = read_cells(contingency(labels, clusters))
    assert cells.names[0] == "track 042" and cells.names[-1] == "85 others"
    assert cells.clusters[-1] == "27 others"
    assert cells.counts.shape == (16, 24) and cells.counts.sum() == 101
