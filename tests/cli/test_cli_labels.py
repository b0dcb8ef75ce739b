"""The group ``cinemotion labels``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cinemotion.cli import labels
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import Dataset
from labelled import Face, make_dataset, sample_id

app = typer.Typer()
labels.register(app)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["labels", *map(str, arguments)], catch_exceptions=False)


def _json(*arguments: object) -> Any:
    return json.loads(_run(*arguments, "--json").stdout)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    faces = [Face(f"s{n}", 25 * n, frame=25 * n) for n in range(3)]
    return make_dataset(tmp_path / "d", faces=faces, stills=["a", "b"], twins=[("b", "a", "exact")])


def test_from_votes_to_disputes(dataset: Dataset, tmp_path: Path) -> None:
    a, b = sample_id("a"), sample_id("b")
    file = tmp_path / "votes.csv"
    file.write_text(f"sample,label,annotator\n{a},happy,x\n{a},sad,y\n{b},fear,x\n{b},fear,y\n")
    done = _run("import", file, dataset.path)
    assert "4 votes added, 0 stood already" in done.stdout
    assert _json("import", file, dataset.path)["known"] == 4

    report = _json("agreement", dataset.path)
    assert report["cohen"][0]["samples"] == 2 and report["cohen"][0]["kappa"] == 1 / 3
    assert "Cohen's kappa: x, y" in _run("agreement", dataset.path).stdout

    found = _json("conflicts", dataset.path)
    assert [row["id"] for row in found["samples"]] == [a]
    assert found["duplicates"] == []  # a has no label of its own
    _run("add", dataset.path, a[:12], "happy", "--annotator", "y")
    (row,) = _json("conflicts", dataset.path, "--top", 1)["duplicates"]
    assert row["keeper"] == a and len(row["members"]) == 2
    table = _run("conflicts", dataset.path).stdout
    assert f"{b[:8]}… fear" in table and "(tie)" in table

    rows = [json.loads(line) for line in _run("list", dataset.path, "--json").stdout.splitlines()]
    assert {row["id"] for row in rows} == {a, b}
    assert "fear 0.50, happy 0.50" in _run("list", dataset.path).stdout


def test_ranges(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "film.srt"
    file.write_text("1\n00:00:00,000 --> 00:00:01,500\nElated\n")
    done = _run("import", file, dataset.path, "--film", "First", "--annotator", "anna")
    assert "1 ranges added, 0 stood already; they reach 2 samples so far" in done.stdout
    assert "notice: 'elated' is no emotion that we know" in done.stderr
    table = _run("list", dataset.path, "--ranges").stdout
    assert "3/2" in table and "elated" in table and "anna" in table
    assert _json("list", dataset.path, "--ranges")["samples"] == 2


def test_frames(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "film.csv"
    file.write_text("film,start,end,label\nFirst,25,26,happy\n")
    assert _json("import", file, dataset.path, "--frames")["samples"] == 1


def test_sorting_by_hand(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "sorting"
    done = _run("export-folder", dataset.path, out)
    assert "unlabelled        4" in done.stdout
    assert f"cinemotion labels import-folder {out}" in done.stdout
    file = f"{sample_id('a')}.png"
    (out / "unlabelled" / file).rename(out / "happy" / file)
    done = _run("import-folder", out, dataset.path, "--annotator", "anna")
    assert "4 files, 1 of them moved; 1 votes added" in done.stdout
    report = _json("import-folder", out, dataset.path, "--annotator", "anna", "--all")
    assert report == {"files": 4, "moved": 1, "added": 0, "notices": []}
    assert _json("export-folder", dataset.path, tmp_path / "again")["samples"]["happy"] == 1


def test_unknown_duplicates_are_said_to_be_unknown(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "e", stills=["a"])
    assert "cinemotion dedup" in _run("conflicts", dataset.path).stderr
    assert _json("conflicts", dataset.path) == {"samples": [], "duplicates": None}


def test_bad_input_is_one_line(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as error:
        _run("import", tmp_path / "missing.csv", dataset.path)
    assert "\n" not in str(error.value)
    with pytest.raises(BadInputError):
        _run("add", dataset.path, "nobody", "happy")
    assert _run("import-folder", tmp_path, dataset.path).exit_code == 2  # who sorted it?
