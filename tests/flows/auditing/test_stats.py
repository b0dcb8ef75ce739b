from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cinemotion.core.errors import CinemotionError
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.auditing.stats import BINS, describe
from cinemotion.flows.auditing.stats_page import write_stats
from cinemotion.flows.auditing.subject import SCORES, open_subject
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.versions.freeze import freeze
from pages import check_page
from twinned import draw, save


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Six pictures of two clips, one of them unreadable, one a twin, and one on no side."""
    folder = tmp_path_factory.mktemp("stats")
    for name in ("HAPPY_01_0000", "HAPPY_01_0001", "HAPPY_02_0000"):
        save(folder / f"faces/happy/{name}.png", draw(len(name) + int(name[-6])))
    save(folder / "faces/happy/HAPPY_01_0001.png", draw(9))
    save(folder / "faces/sad/SAD_01_0000.png", draw(3))
    save(folder / "faces/sad/SAD_01_0001.png", draw(3))
    (folder / "faces/sad/SAD_01_0002.png").write_text("<b>broken")
    import_dataset(folder / "faces", folder / "d", name="<i>faces")
    opened = open_dataset(folder / "d")
    ids = {row["member"]: row["id"] for row in opened.samples().to_dicts()}
    keeper, twin = ids["sad/SAD_01_0000.png"], ids["sad/SAD_01_0001.png"]
    rows = [(keeper, keeper, "exact", 0), (twin, keeper, "exact", 0)]
    table = pl.DataFrame(rows, ["id", "keeper", "kind", "distance"], orient="row")
    opened.store.append("duplicates", table.to_arrow())
    Votes(opened.path).add([Vote(keeper, "sad", "anna"), Vote(keeper, "fear", "ben")])
    sides = [
        *((ids[f"happy/HAPPY_01_000{i}.png"], "k1", "train", None) for i in (0, 1)),
        (keeper, "k2", "test", None),
        (ids["happy/HAPPY_02_0000.png"], "k3", None, "bridges_splits"),
    ]
    text = dict.fromkeys(("id", "key", "split", "reason"), pl.String)
    write_assignment(opened.store, pl.DataFrame(sides, text, orient="row"), {"level": "shot"})
    return opened


@pytest.fixture(scope="module")
def figures(dataset: Dataset) -> dict[str, Any]:
    return describe(open_subject(str(dataset.path)))


def test_samples_are_counted_by_state_class_split_and_reason(figures: dict[str, Any]) -> None:
    assert figures["samples"] == {"total": 6, "kept": 3, "rejected": 3}
    assert figures["reasons"] == {"bridges_splits": 1, "exact_twin": 1, "unreadable": 1}
    assert figures["splits"] == [{"split": "train", "kept": 2}, {"split": "test", "kept": 1}]
    # Two people disagree about the sad one: a tie is no label.
    assert figures["classes"] == [
        {"label": "happy", "kept": 2, "splits": {"train": 2, "test": 0}},
        {"label": None, "kept": 1, "splits": {"train": 0, "test": 1}},
    ]


def test_groups_twins_and_votes_are_counted(figures: dict[str, Any]) -> None:
    shots = figures["levels"]["shot"]
    assert (shots["groups"], shots["smallest"], shots["largest"]) == (2, 1, 2)
    assert figures["levels"]["scene"]["groups"] == 0
    assert figures["duplicates"]["exact"] == {"groups": 1, "rejected": 1}
    votes = figures["votes"]
    people = {(row["annotator"], row["samples"]) for row in votes["annotators"]}
    assert {("anna", 1), ("ben", 1)} <= people
    assert votes["samples_with_several_annotators"] == 1


def test_histograms_hold_every_readable_sample_once(figures: dict[str, Any]) -> None:
    quality = figures["quality"]
    assert len(quality["edges"]) == BINS + 1
    for name in SCORES:
        counts = sum(quality[name]["kept"]) + sum(quality[name]["rejected"])
        assert counts == (0 if name in ("pose", "detector") else 5)


def test_the_figures_are_json(figures: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figures)) == figures


def test_a_version_has_figures_of_its_own(dataset: Dataset) -> None:
    frozen = freeze(dataset.path, tag="v1")
    Votes(dataset.path).add([Vote(id, "fear", "late") for id in dataset.samples()["id"].to_list()])
    found = describe(open_subject(f"{dataset.path}@v1"))
    assert found["version"] == {"id": frozen.id, "tags": ["v1"]}
    assert found["samples"] == {"total": 6, "kept": 3, "rejected": 3}
    assert [row["label"] for row in found["classes"]] == ["happy", None]
    assert found["duplicates"]["exact"] == {"rejected": 1}
    assert "late" not in {row["annotator"] for row in found["votes"]["annotators"]}
    write_stats(open_subject(f"{dataset.path}@v1"), found, dataset.path.parent / "v1.html")
    page = (dataset.path.parent / "v1.html").read_text(encoding="utf-8")
    check_page(page)
    assert frozen.id in page


def test_the_page_is_whole_escaped_and_shows_samples(dataset: Dataset, tmp_path: Path) -> None:
    subject = open_subject(str(dataset.path))
    write_stats(subject, describe(subject), tmp_path / "stats.html")
    page = (tmp_path / "stats.html").read_text(encoding="utf-8")
    check_page(page)
    assert "<i>faces" not in page and "&lt;i&gt;faces" in page
    # A kept picture per class sheet, and the rejected ones that can be read.
    assert page.count("<img ") == 3 + 2
    assert len(re.findall(r"<svg[^>]*aria-label=", page)) == 5


def test_an_empty_dataset_has_figures_and_a_page(tmp_path: Path) -> None:
    from cinemotion.dataset.store import Store

    Store.create(tmp_path / "d")
    subject = open_subject(str(tmp_path / "d"))
    found = describe(subject)
    assert found["samples"] == {"total": 0} and found["classes"] == []
    write_stats(subject, found, tmp_path / "stats.html")
    check_page((tmp_path / "stats.html").read_text(encoding="utf-8"))


def test_films_are_counted_one_by_one(demo_dataset: Path, tmp_path: Path) -> None:
    subject = open_subject(str(demo_dataset))
    found = describe(subject)
    samples = subject.dataset.samples()
    assert {row["origin"]: row["samples"] for row in found["origins"]} == dict(
        samples.group_by("title").len().rows()
    )
    kept = samples.filter(pl.col("status") == "kept")
    assert found["levels"]["track"]["groups"] == kept.n_unique(["film", "shot", "track"])
    write_stats(subject, found, tmp_path / "stats.html")
    check_page((tmp_path / "stats.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["missing", "missing@v1"])
def test_what_is_no_dataset_is_one_clear_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(CinemotionError, match="holds no cinemotion dataset"):
        open_subject(str(tmp_path / name))
