"""``cinemotion labels from-clusters``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from cinemotion.__main__ import run
from cinemotion.dataset.clusterings import write_clustering
from frozen import frozen, usual

ID = "0123456789ab"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    version = frozen(tmp_path / "d", usual())
    ids = version.samples().filter(pl.col("status") == "kept")["id"]
    rows = pl.DataFrame({"id": ids, "cluster": [i % 2 for i in range(len(ids))]})
    write_clustering(version.path, ID, rows, {"id": ID, "settings": {"version": version.id}})
    return version.path


def _run(*arguments: object) -> int:
    return run(["labels", "from-clusters", *map(str, arguments)])


def test_template_dry_run_and_votes(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "choices.csv"
    assert _run(dataset, ID[:5], "--choices", table) == 0
    out = capsys.readouterr().out
    assert f"{table}: 2 clusters" in out
    assert f"cinemotion labels from-clusters {dataset} {ID[:5]} {table}" in out

    table.write_text(table.read_text().replace("1,13,", "1,13,happy"))
    assert _run(dataset, ID[:5], table, "--dry-run", "--json") == 0
    dry = json.loads(capsys.readouterr().out)
    assert dry["dry_run"] is True and dry["added"] == 13 and dry["annotator"] == f"clusters:{ID}"

    assert _run(dataset, ID, table) == 0
    out = capsys.readouterr().out
    assert "happy" in out and f"13 votes added for clusters:{ID}, 0 stood already" in out
    assert _run(dataset, ID, table) == 0
    assert "0 votes added" in capsys.readouterr().out


@pytest.mark.parametrize("extra", [[], ["choices.csv", "--choices", "new.csv"]])
def test_a_table_to_read_or_to_write(
    dataset: Path, extra: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(dataset, ID, *extra) == 2
    assert "--choices FILE.csv" in capsys.readouterr().err


def test_bad_input_is_one_line(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "choices.csv"
    table.write_text("cluster,label\n9,happy\n")
    for arguments, words in {
        (ID, table): "no cluster '9'",
        (ID, tmp_path / "missing.csv"): "cannot read",
        ("ffff", table): "no clusterings 'ffff'",
    }.items():
        assert _run(dataset, *arguments) == 2
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1
