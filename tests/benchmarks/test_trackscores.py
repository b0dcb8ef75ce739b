"""The scoring of tracks, on cases that are worked out by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "trackscores.py"


@pytest.fixture(scope="module")
def scores() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trackscores", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["trackscores"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


A, B, FAR = [0, 0, 10, 10], [100, 0, 110, 10], [300, 300, 310, 310]


def view(scores, true, found, ignored=()):
    """True faces and found ones, each as (name, box)."""

    def boxes(parts):
        return np.array([box for _, box in parts], float).reshape(-1, 4)

    return scores.View(
        [name for name, _ in true],
        boxes(true),
        np.array(ignored, float).reshape(-1, 4),
        [name for name, _ in found],
        boxes(found),
    )


def test_tracks_without_a_mistake_score_one(scores: ModuleType) -> None:
    views = [view(scores, [("a", A), ("b", B)], [(1, A), (2, B)])] * 4
    found = scores.track_scores(views)
    assert found["HOTA"] == pytest.approx(1)
    assert found["IDF1"] == found["MOTA"] == 1
    assert (found["switches"], found["fragments"], found["missed"], found["false"]) == (0, 0, 0, 0)


def test_a_track_that_breaks_in_the_middle_halves_the_identity(scores: ModuleType) -> None:
    # One person in four frames, two with track 1 and two with track 2. Of one of them, two faces
    # count: IDF1 = 2·2 / (4 + 4). Every face has AssA = 2 / (4 + 2 - 2), DetA = 1.
    views = [view(scores, [("a", A)], [(track, A)]) for track in (1, 1, 2, 2)]
    found = scores.track_scores(views)
    assert found["IDF1"] == pytest.approx(0.5)
    assert found["AssA"] == pytest.approx(0.5)
    assert found["DetA"] == pytest.approx(1)
    assert found["HOTA"] == pytest.approx(np.sqrt(0.5))
    assert found["switches"] == 1
    assert found["MOTA"] == pytest.approx(1 - 1 / 4)


def test_missed_and_false_faces(scores: ModuleType) -> None:
    # Five true, one missed, one false: MOTA = 1 - 2/5, IDF1 = 2·4 / (5 + 5).
    views = [view(scores, [("a", A)], [(1, A)]) for _ in range(4)]
    views.insert(2, view(scores, [("a", A)], [(9, FAR)]))
    found = scores.track_scores(views)
    assert (found["missed"], found["false"], found["fragments"]) == (1, 1, 1)
    assert found["MOTA"] == pytest.approx(0.6)
    assert found["IDF1"] == pytest.approx(0.8)


def test_a_face_in_an_ignored_region_is_neither_right_nor_wrong(scores: ModuleType) -> None:
    views = [view(scores, [("a", A)], [(1, A), (7, B)], ignored=[[90, 0, 200, 50]])]
    assert scores.track_scores(views)["false"] == 0
    # But who is right counts, though a region lies over the face.
    views = [view(scores, [("a", A)], [(1, A)], ignored=[[0, 0, 50, 50]])]
    assert scores.track_scores(views)["IDF1"] == 1


def test_who_is_ignored_for_a_while_is_no_fragment(scores: ModuleType) -> None:
    seen, away = view(scores, [("a", A)], [(1, A)]), view(scores, [], [(1, A)], ignored=[A])
    assert scores.track_scores([seen, away, seen])["fragments"] == 0


def test_the_best_pairs_in_sum_are_matched(scores: ModuleType) -> None:
    # Taken one by one, track 1 would take b (IoU 9/11), and track 2 nobody (a: 6.5/13.5).
    true = [("a", [0, 0, 10, 10]), ("b", [3, 0, 13, 10])]
    found = [(1, [2, 0, 12, 10]), (2, [3.5, 0, 13.5, 10])]
    assert scores.matched(view(scores, true, found)).tolist() == [0, 1]


def test_unknown_faces_are_errors(scores: ModuleType) -> None:
    true = ["a"] * 4 + ["b"] * 4
    assert scores.rand_index(true, ["x"] * 4 + ["y"] * 4) == 1
    # All unknown is no grouping at all, and not one more group, which would be right here.
    assert scores.rand_index(["a"] * 4, [None] * 4) == 0
    # a right, b unknown. Pairs of one person: 12 true, 6 said, 6 in both; of all 28,
    # 12·6/28 by chance: (6 - 18/7) / (9 - 18/7).
    expected = (6 - 18 / 7) / (9 - 18 / 7)
    assert scores.rand_index(true, ["x"] * 4 + [None] * 4) == pytest.approx(expected)
    assert scores.pair_scores(true, ["x"] * 4 + [None] * 4) == (1, 0.5)
    views = [view(scores, [("a", A)], [(None, A)])] * 4
    assert scores.track_scores(views)["IDF1"] == pytest.approx(2 * 1 / (4 + 4))


def test_tracks_on_both_sides_of_a_cut(scores: ModuleType) -> None:
    tracks, frames = [1, 1, 2, 2, 3, 3], [0, 9, 9, 10, 10, 30]
    assert scores.crossings(tracks, frames, [10]) == 1  # track 2: frame 10 is of the new shot
    assert scores.crossings(tracks, frames, [10, 20]) == 2
    assert scores.crossings(tracks, frames, []) == 0
