from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cinemotion.__main__ import run
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.analyzing.from_analysis import from_analysis


@pytest.fixture
def copy(report: Path, tmp_path: Path) -> Path:
    shutil.copytree(report, tmp_path / "report")
    return tmp_path / "report"


def table(report: Path) -> list[dict[str, str]]:
    with (report / "to-label" / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_chosen_faces_come_with_their_origin(copy: Path, tmp_path: Path) -> None:
    found = from_analysis(copy, tmp_path / "faces", per=1)
    assert found.imported.added == sum(found.chosen.values()) == len(table(copy)) > 2
    samples = open_dataset(tmp_path / "faces").samples()
    assert samples["character"].null_count() == 0 and samples["film"].null_count() == 0
    assert set(samples["character"]) == {row["character"] for row in table(copy)}
    assert not open_dataset(tmp_path / "faces").table("stills")["label"].count()
    kept = open_dataset(copy / "dataset")
    faces = pl.read_parquet(copy / "faces.parquet")
    for row in table(copy):
        mine = faces.filter(pl.col("sample") == row["sample"])
        assert f"{mine['seconds'][0]:.3f}" == row["seconds"]
        assert row["why"] in ("certain", "uncertain", "diverse")
    first = table(copy)[0]
    [id] = samples.filter(pl.col("member") == first["file_name"])["id"]
    ours = open_dataset(tmp_path / "faces").image(id)
    assert np.array_equal(ours, kept.image(first["sample"]))


def test_more_of_them_are_added_to_those_that_are_there(copy: Path, tmp_path: Path) -> None:
    one = from_analysis(copy, tmp_path / "faces", per=1)
    again = from_analysis(copy, tmp_path / "faces", per=1)
    assert again.imported.added == 0
    more = from_analysis(copy, tmp_path / "faces", per=3)
    assert open_dataset(tmp_path / "faces").samples().height == (
        one.imported.added + more.imported.added
    )


def test_the_command_says_what_it_did(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["dataset", "from-analysis", str(copy), "--out", str(tmp_path / "faces")]
    assert run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] > 0
    assert run(command) == 0
    assert "to-label" in capsys.readouterr().out
    assert run(["dataset", "from-analysis", str(tmp_path), "--out", str(tmp_path / "x")]) == 2
    assert "no analysis" in capsys.readouterr().err


def test_an_analysis_without_people_gives_nothing(copy: Path, tmp_path: Path) -> None:
    faces = pl.read_parquet(copy / "faces.parquet")
    faces.clear().write_parquet(copy / "faces.parquet")
    with pytest.raises(BadInputError, match="no character"):
        from_analysis(copy, tmp_path / "faces")
