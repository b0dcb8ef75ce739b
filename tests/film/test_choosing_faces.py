from __future__ import annotations

from itertools import chain

import numpy as np

from cinemotion.film.choosing import ROLES, choose


def test_sure_unsure_and_different_ones_are_chosen() -> None:
    p = np.array([[0.99, 0.01], [0.98, 0.02], [0.52, 0.48], [0.55, 0.45], [0.75, 0.25]])
    seconds = np.arange(5) * 10.0
    rows = choose(p, seconds, [0] * 5, count=1)
    assert list(rows) == list(ROLES)
    assert rows["certain"] == [0] and rows["uncertain"] == [2] and rows["diverse"] == [4]
    rows = choose(p, seconds, [0] * 5, count=10)
    assert sorted(chain.from_iterable(rows.values())) == [0, 1, 2, 3, 4]


def test_neighbours_in_time_are_one_picture() -> None:
    p = np.full((10, 2), 0.5)
    seconds = np.arange(10) * 0.2
    rows = list(chain(*choose(p, seconds, [0] * 10, count=5).values()))
    gaps = np.diff(np.sort(seconds[rows]))
    assert len(rows) == 2 and (gaps >= 1).all()
    rows = list(chain(*choose(p, seconds, list(range(10)), count=5).values()))
    assert len(rows) == len(set(rows)) == 10
