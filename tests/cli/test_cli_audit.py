"""``audit`` and ``stats`` as users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.flows.importing.ingest import import_dataset
from pages import check_page
from twinned import PLANTED, draw, plant, save

FIGURES = {
    *("groups", "copies", "groups_across_splits", "groups_with_conflicting_labels"),
    *("groups_of_different_pixels", "test_images_with_training_twin", "test_images"),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("cli") / "faces")


def test_audit_prints_one_json_document(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(planted), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["exact"] == PLANTED
    assert set(document["exact"]) == set(document["near"]) == FIGURES
    assert [part["name"] for part in document["parts"]] == ["train", "val", "test"]
    assert document["parts"][0]["classes"] == {"happy": 4, "sad": 3}
    assert {row["name"] for row in document["unreadable"]} == {
        "Training/happy/words.jpg",
        "test/sad/cut.png",
    }
    assert document["at_stake"][0] == {
        **{"part": "test", "known_from": "train", "pictures": 5, "exact": 2, "near": 3},
        **{"share_exact": 0.4, "share_near": 0.6, "same_label": 3},
    }
    shelf = document["pairs"][0]
    assert (shelf["sort"], shelf["kind"], shelf["total"]) == ("across", "exact", 3)
    assert {picture["part"] for picture in shelf["pairs"][0]["pictures"]} == {"test", "train"}


def test_audit_prints_a_table_for_people(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(planted)]) == 0
    out = capsys.readouterr().out
    assert "60.0 % of the test pictures (3 of 5) have a twin in train" in out
    assert "groups across splits" in out and "unreadable: test/sad/cut.png:" in out


def test_audit_writes_a_page(planted: Path, tmp_path: Path) -> None:
    assert run(["audit", str(planted), "--report", str(tmp_path / "audit.html")]) == 0
    check_page((tmp_path / "audit.html").read_text(encoding="utf-8"))
    assert [path.name for path in tmp_path.iterdir()] == ["audit.html"]


def test_strict_audits_fail_where_twins_cross(planted: Path, tmp_path: Path) -> None:
    save(tmp_path / "d/train/happy/1.png", draw(1))
    save(tmp_path / "d/test/happy/2.png", draw(2))
    assert run(["audit", str(planted), "--strict"]) == 1
    assert run(["audit", str(tmp_path / "d"), "--strict"]) == 0


def test_near_can_be_narrowed(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(planted), "--phash", "0", "--dhash", "0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["thresholds"]["phash"], document["thresholds"]["dhash"]) == (0, 0)
    assert document["near"]["groups"] == document["exact"]["groups"]


def test_the_docs_state_the_limits_that_hold() -> None:
    from cinemotion.flows.auditing.audit import Nearness

    near = Nearness()
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert f"`--phash` bits ({near.phash})" in text and f"`--dhash` bits ({near.dhash})" in text
    assert f"deviation of luma below {near.min_deviation:g})" in text


@pytest.mark.parametrize("command", ["audit", "stats"])
@pytest.mark.parametrize("name", ["missing", "missing@v1", "@v1"])
def test_bad_names_are_one_line_and_exit_2(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "page.html"
    assert run([command, str(tmp_path / name), "--report", str(report)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not report.exists()


def test_a_report_that_cannot_be_written_exits_2(planted: Path, tmp_path: Path) -> None:
    assert run(["audit", str(planted), "--report", str(tmp_path / "no" / "page.html")]) == 2
    assert not list(tmp_path.iterdir())


def test_stats_prints_figures_and_writes_a_page(
    planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_dataset(planted, tmp_path / "d", name="faces", group_pattern="none")
    assert run(["stats", str(tmp_path / "d"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["samples"] == {"total": 16, "kept": 14, "rejected": 2}
    assert document["reasons"] == {"unreadable": 2}
    assert run(["stats", str(tmp_path / "d"), "--report", str(tmp_path / "s.html")]) == 0
    out = capsys.readouterr().out
    assert "16 samples (14 kept, 2 rejected)" in out and "page:" in out
    check_page((tmp_path / "s.html").read_text(encoding="utf-8"))
