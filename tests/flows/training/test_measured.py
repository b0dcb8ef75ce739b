from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.flows.training.measured import calibrated
from cinemotion.flows.training.words import _measures

CLASSES = 3


def answers(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of one set, of which about three in four are right, and labels."""
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, n)
    said = np.where(random.random(n) < 0.6, truth, random.integers(0, CLASSES, n))
    shares = np.eye(CLASSES, dtype=np.float32)
    return 3 * shares[said][:, None], shares[truth]


def width(measures: dict[str, Any], name: str = "accuracy") -> float:
    assert measures[f"{name}_low"] <= measures[name] <= measures[f"{name}_high"]
    return float(measures[f"{name}_high"] - measures[f"{name}_low"])


def test_measures_have_intervals_by_sample_or_by_film() -> None:
    logits, shares = answers(200)
    _, alone = calibrated("", (0,), logits, [shares], [None] * 200)
    assert alone["interval"] == "by sample" and 0.05 < width(alone) < 0.2
    assert width(alone, "macro_f1") > 0 and width(alone, "balanced_recall") > 0
    # Every film is one frame, twenty times over: they say no more than ten frames.
    films = [f"film{i % 10}" for i in range(200)]
    same = [i % 10 for i in range(200)]
    _, filmed = calibrated("", (0,), logits[same], [shares[same]], films)
    assert filmed["interval"] == "by film" and width(filmed) > 2 * width(alone)


def test_a_sample_with_labels_of_two_sets_is_still_one_sample() -> None:
    logits, shares = answers(200)
    _, once = calibrated("", (0,), logits, [shares], [None] * 200)
    both = np.concatenate([logits, logits], axis=1)
    _, twice = calibrated("mean", (0, 1), both, [shares, shares], [None] * 200)
    assert twice["samples"] == 400 and twice["accuracy"] == once["accuracy"]
    assert abs(width(twice) - width(once)) < 0.25 * width(once)


def test_in_words_intervals_stand_behind_their_measure_and_may_be_missing() -> None:
    new = {"accuracy": 0.8, "ece": 0.1, "accuracy_low": 0.75, "accuracy_high": 0.8512}
    lines = _measures("develop", {**new, "interval": "by film"})
    assert lines[0] == "On `develop` (95 % intervals, drawn by film):"
    assert lines[2:4] == ["- accuracy: 0.8 (0.75 to 0.8512)", "- ece: 0.1"]
    old = _measures("develop", {"accuracy": 0.8, "samples": 12})
    assert old == ["On `develop`:", "", "- accuracy: 0.8", "- samples: 12", ""]
