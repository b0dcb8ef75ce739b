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
from cinemotion.flows.versions.forget import forget


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
    assert samples["character"].null_count() == samples["seconds"].null_count() == 0
    assert set(samples["character"]) == {row["character"] for row in table(copy)}
    summary = json.loads((copy / "analysis.json").read_text(encoding="utf-8"))
    assert set(samples["film"]) == {summary["film"]["id"]}
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


def test_a_film_that_was_forgotten_may_be_chosen_from_again(copy: Path, tmp_path: Path) -> None:
    one = from_analysis(copy, tmp_path / "faces", per=1)
    summary = json.loads((copy / "analysis.json").read_text(encoding="utf-8"))
    forgotten = forget(tmp_path / "faces", summary["film"]["id"])
    assert len(forgotten.samples) == one.imported.added
    assert not open_dataset(tmp_path / "faces").sources().height  # nothing says that they are in
    assert from_analysis(copy, tmp_path / "faces", per=1).imported.added == one.imported.added


def rename(report: Path, name: str) -> None:
    """Call the first character something else, as an analysis writes it."""
    summary = json.loads((report / "analysis.json").read_text(encoding="utf-8"))
    summary["characters"][0]["name"] = name
    (report / "analysis.json").write_text(json.dumps(summary), encoding="utf-8")


def test_a_face_is_imported_once_whatever_its_name(copy: Path, tmp_path: Path) -> None:
    from_analysis(copy, tmp_path / "faces", per=1)
    pictures = sorted((copy / "to-label").rglob("*-track*"))
    rename(copy, "Anna")
    again = from_analysis(copy, tmp_path / "faces", per=1)
    assert again.imported.added == 0
    assert pictures and sorted((copy / "to-label").rglob("*-track*")) == pictures
    assert "Anna" in {row["character"] for row in table(copy)}


def test_files_that_were_named_after_a_character_are_known(copy: Path, tmp_path: Path) -> None:
    from_analysis(copy, tmp_path / "first", per=1)
    rows = table(copy)
    for row in rows:  # as earlier versions laid them out
        film, _, file = row["file_name"].partition("/")
        (copy / "to-label" / film / "c01").mkdir(exist_ok=True)
        (copy / "to-label" / row["file_name"]).rename(copy / "to-label" / film / "c01" / file)
        row["file_name"] = f"{film}/c01/{file}"
    with (copy / "to-label" / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = from_analysis(copy, tmp_path / "faces", per=1)
    assert found.imported.added == len(rows) == len(table(copy))
    samples = open_dataset(tmp_path / "faces").samples()
    assert all("/c01/" in member for member in samples["member"])
    assert samples["frame"].null_count() == samples["seconds"].null_count() == 0


def test_frames_that_nobody_counted_are_told_apart_by_their_time(
    copy: Path, tmp_path: Path
) -> None:
    faces = pl.read_parquet(copy / "faces.parquet")
    faces = faces.with_columns(frame=pl.lit(None, pl.Int64))
    faces.write_parquet(copy / "faces.parquet")
    found = from_analysis(copy, tmp_path / "faces", per=3)
    assert found.imported.added == sum(found.chosen.values()) > 2
    assert {row["frame"] for row in table(copy)} == {""}


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
