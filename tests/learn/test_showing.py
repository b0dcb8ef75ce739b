from __future__ import annotations

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.learn.showing import show_clusters

LINE = np.array([[0], [1], [2], [10], [50], [100], [101], [102]], np.float32)
CLUSTERS = np.array([0, 0, 0, 0, -1, 1, 1, 1], np.int64)


def test_nearest_to_the_centre_first_and_furthest_first() -> None:
    first, second, noise = show_clusters(LINE, CLUSTERS, typical=2, odd=1)
    assert (first.cluster, first.size) == (0, 4)  # around 3.25
    assert first.typical.tolist() == [2, 1] and first.odd.tolist() == [3]
    assert (second.cluster, second.typical[0]) == (1, 6)
    assert (noise.cluster, noise.size, noise.typical.tolist()) == (-1, 1, [4])
    assert not len(noise.odd)


def test_none_is_typical_and_odd_at_once() -> None:
    for shown in show_clusters(LINE, CLUSTERS, typical=3, odd=4):
        assert not set(shown.typical) & set(shown.odd)
        assert len(shown.typical) + len(shown.odd) == shown.size


def test_noise_is_shown_from_all_of_it() -> None:
    (noise,) = show_clusters(LINE, np.full(8, -1), typical=3)
    assert noise.typical.tolist() == [0, 3, 7]


def test_as_many_clusters_as_vectors() -> None:
    with pytest.raises(BadInputError, match="8 vectors and 3 clusters"):
        show_clusters(LINE, CLUSTERS[:3])
