from __future__ import annotations

from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.labels import resolve_labels
from cinemotion.flows.labelling.suggest import suggest_labels
from shown import told_apart
from standins import stand_in


def test_a_model_votes_once_and_people_outrank_it(tmp_path: Path) -> None:
    version = told_apart(tmp_path / "d", each=6)
    truth = dict(version.samples().select("id", "label").iter_rows())
    model = stand_in(tmp_path / "model")
    would = suggest_labels(version.path, model, dry_run=True)
    before = Votes(version.path).table().height
    report = suggest_labels(version.path, model)
    assert report.added == would.added == Votes(version.path).table().height - before
    assert sum(report.labelled.values()) == 18 and report.unknown == 0
    assert report.annotator.startswith("model:model:")
    again = suggest_labels(version.path, model)
    assert again.added == 0 and again.labelled == report.labelled
    dataset = open_dataset(version.path)
    alone = resolve_labels(dataset, annotators=[report.annotator])
    assert dict(alone.select("id", "label").iter_rows()) == truth
    first = alone.row(0, named=True)["distribution"]
    assert sum(entry["share"] for entry in first) == pytest.approx(1)
    sample = alone["id"][0]
    Votes(version.path).add([Vote(sample, "fear", "anna")])
    assert resolve_labels(dataset, annotators=["anna", report.annotator]).filter(id=sample)[
        "label"
    ].to_list() == ["fear"]


def test_a_model_that_is_not_sure_says_unknown(tmp_path: Path) -> None:
    version = told_apart(tmp_path / "d", each=6)
    report = suggest_labels(version.path, stand_in(tmp_path / "shy", threshold=1.1))
    assert report.labelled == {} and report.unknown == 18
    labels = resolve_labels(open_dataset(version.path), annotators=[report.annotator])
    assert labels["label"].unique().to_list() == ["unknown"]


def test_an_absent_model_is_one_line(tmp_path: Path) -> None:
    version = told_apart(tmp_path / "d", each=6)
    with pytest.raises(BadInputError, match="no model 'absent'"):
        suggest_labels(version.path, "absent")
