from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cinemotion.flows.clustering.found import beats_chance, interval_of, judge_clusters
from cinemotion.learn.clusterscores import Score


def _clustering(*alike: str, **scores: Score) -> Any:
    by_name = {target: {"ami": score} for target, score in scores.items()}
    return SimpleNamespace(scores=by_name, alike=list(alike))


def _score(value: float, *, chance: float = 0.0) -> Score:
    return Score(value, value - 0.02, value + 0.02, chance)


def test_the_film_before_the_emotion() -> None:
    found = judge_clusters(_clustering(emotion=_score(0.21), film=_score(0.6)))
    assert (found.tone, found.figure) == ("bad", "0.60")
    assert found.lines == (
        "The clusters follow the film most: AMI 0.60 (95 % interval 0.58 to 0.62); 0 is chance, 1 "
        "the same groups.",
        "With the emotion shown they agree at AMI 0.21 (95 % interval 0.19 to 0.23).",
    )


def test_no_more_than_chance_is_said() -> None:
    found = judge_clusters(_clustering(emotion=_score(0.01), film=_score(0.6)))
    assert found.lines[1].endswith(", which chance gives too.")


def test_the_emotion_itself() -> None:
    found = judge_clusters(_clustering(emotion=_score(0.5), film=_score(0.2)))
    assert found.tone == "good" and found.lines[0].startswith(
        "The clusters follow the emotion most"
    )


@pytest.mark.parametrize("value", [0.01, 0.06])
def test_hardly_anything(value: float) -> None:
    found = judge_clusters(_clustering(emotion=_score(value)))
    assert found.tone == "warn" and "hardly follow anything" in found.lines[0]


def test_film_and_emotion_that_are_the_same_thing() -> None:
    scores = {"emotion": _score(0.9), "film": _score(0.8)}
    found = judge_clusters(_clustering("film", **scores))
    assert found.tone == "warn"
    assert found.lines[-1].startswith("Emotion and film are nearly the same thing in these samples")
    found = judge_clusters(_clustering("film", "shot", "track", **scores))
    assert found.lines[-1].startswith("Emotion and film, shot and track are nearly the same thing")


def test_nothing_to_compare_with() -> None:
    assert judge_clusters(_clustering()).tone == "warn"


def test_the_interval_by_group_counts_where_there_is_one() -> None:
    score = Score(0.3, 0.25, 0.35, 0.0, group_low=-0.1, group_high=0.7)
    assert interval_of(score) == (-0.1, 0.7)
    assert not beats_chance(score)
