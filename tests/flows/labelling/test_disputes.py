"""Agreement and disputes on small datasets."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.disputes import agreement, conflicts
from labelled import make_dataset, sample_id


def _votes(said: dict[str, dict[str, str]], source: str = "human") -> list[Vote]:
    return [
        Vote(sample_id(name), label, who, source)  # type: ignore[arg-type]
        for who, labels in said.items()
        for name, label in labels.items()
    ]


def test_agreement(tmp_path: Path) -> None:
    # Krippendorff 2011, section C: four observers, twelve units, missing values.
    rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    names = [f"u{n}" for n in range(12)]
    dataset = make_dataset(tmp_path / "d", stills=names)
    said = {
        who: {n: f"class_{c}" for n, c in zip(names, row, strict=True) if c != "."}
        for who, row in zip("ABCD", rows, strict=True)
    }
    Votes(dataset.path).add([*_votes(said), Vote("gone", "happy", "A")])
    report = agreement(dataset)
    assert report["krippendorff"]["alpha"] == pytest.approx(0.743, abs=5e-4)
    assert report["krippendorff"]["samples"] == report["fleiss"]["samples"] == 11
    assert set(report["fleiss"]["classes"]) == set(report["labels"])
    assert [(p["first"], p["second"]) for p in report["cohen"]] == [
        *(("A", "B"), ("A", "C"), ("A", "D"), ("B", "C"), ("B", "D"), ("C", "D"))
    ]
    assert [pair["samples"] for pair in report["cohen"]] == [9, 8, 9, 9, 10, 10]
    assert report["annotators"][0] == {"annotator": "A", "samples": 9, "votes": 9}
    expected = _kappa(rows[0], rows[3])
    assert report["cohen"][2]["kappa"] == pytest.approx(expected)


def _kappa(first: str, second: str) -> float:
    """Cohen's kappa, counted out."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if "." not in (a, b)]
    n = len(both)
    observed = sum(a == b for a, b in both) / n
    firsts, seconds = zip(*both, strict=True)
    chance = sum(firsts.count(c) * seconds.count(c) for c in set(firsts)) / n**2
    return (observed - chance) / (1 - chance)


def test_anonymous_raters_count_as_many_and_are_in_no_pair(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a", "b"])
    counts = {"a": {"happy": 8, "sad": 2}, "b": {"sad": 10}}
    Votes(dataset.path).add(
        Vote(sample_id(name), label, "ferplus", "import", None, count)
        for name, said in counts.items()
        for label, count in said.items()
    )
    report = agreement(dataset)
    assert report["cohen"] == []
    assert report["annotators"] == [{"annotator": "ferplus", "samples": 2, "votes": 20}]
    # Observed (58/90 + 1) / 2, chance 0.4² + 0.6².
    observed, chance = (58 / 90 + 1) / 2, 0.16 + 0.36
    assert report["fleiss"]["kappa"] == pytest.approx((observed - chance) / (1 - chance))


def test_nothing_to_compare_is_nan(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=["a"])
    empty = agreement(dataset)
    assert empty["labels"] == [] and math.isnan(empty["fleiss"]["kappa"])
    Votes(dataset.path).add([Vote(sample_id("a"), "happy", "anna")])
    assert math.isnan(agreement(dataset)["krippendorff"]["alpha"])


def test_the_most_disputed_come_first(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d", stills=list("abcd"))
    said = {
        "x": {"a": "happy", "b": "happy", "c": "happy", "d": "sad"},
        "y": {"a": "happy", "b": "sad", "c": "fear", "d": "sad"},
        "z": {"a": "happy", "b": "sad", "c": "sad"},
    }
    Votes(dataset.path).add(_votes(said))
    rows = conflicts(dataset)["samples"] or []
    assert [row["id"] for row in rows] == [sample_id("c"), sample_id("b")]
    assert rows[0]["entropy"] == pytest.approx(math.log2(3)) and rows[0]["label"] is None
    assert rows[1]["label"] == "sad"
    assert len(conflicts(dataset, top=1)["samples"] or ()) == 1
    assert conflicts(dataset)["duplicates"] is None  # nobody has looked for them


def test_twins_with_different_labels(tmp_path: Path) -> None:
    twins = [("b", "a", "exact"), ("d", "c", "near"), ("f", "e", "exact"), ("h", "g", "track")]
    dataset = make_dataset(tmp_path / "d", stills=list("abcdefgh"), twins=twins)
    labels = {"a": "happy", "b": "sad", "c": "happy", "d": "happy", "e": "fear"}
    labels |= {"g": "happy", "h": "sad"}
    votes = Votes(dataset.path)
    votes.add(_votes({"course": labels}, "import"))
    found = conflicts(dataset)
    assert found["samples"] == []  # each of them alone is clear
    (row,) = found["duplicates"] or ()
    assert row["keeper"] == sample_id("a") and row["label"] is None and row["entropy"] == 1
    assert {(m["id"], m["label"]) for m in row["members"]} == {
        (sample_id("a"), "happy"),
        (sample_id("b"), "sad"),
    }
    votes.add([Vote(sample_id("b"), "fear", "anna")])  # settled by hand, on either of them
    assert conflicts(dataset)["duplicates"] == []
