"""What comes along with faces that were chosen out of drawn films, each with a drawn report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.levels import levels
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CAST, TABLES
from cinemotion.flows.analyzing.analysis import SCHEMA
from cinemotion.flows.analyzing.from_analysis import FromAnalysis, from_analysis
from cinemotion.flows.labelling.spans import spread_ranges
from cinemotion.flows.versions.forget import forget
from filmed import add_film, filmed

A, B = "a" * 64, "b" * 64
WOMAN, MAN = (1, 0, 0), (0, 1, 0)
FILMS = {A: {"c01": WOMAN}, B: {"c01": MAN, "c02": WOMAN}}
PERSONS = {(A, "c01"): "p0001", (B, "c02"): "p0001", (B, "c01"): "p0002"}
COPIED = ("film", "title", "shot", "track", "frame", "pts", "seconds", "character", "time_base_den")


def analysed(path: Path) -> Path:
    """Two films: somebody is the first character of one and the second of the other."""
    store = filmed(path)
    for film, characters in FILMS.items():
        add_film(store, film, characters)
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return analysed(tmp_path / "d")


def cast(dataset: Path, **columns: Mapping[tuple[str, str], str]) -> None:
    """Say who is who: ``person={(film, "c01"): "p0001"}``."""
    store = Store.open(dataset)
    rows = pl.DataFrame(store.read("cast"))
    keys = list(rows.select("film", "character").iter_rows())
    rows = rows.with_columns(
        pl.Series(name, [said.get(key) for key in keys], dtype=pl.String)
        for name, said in columns.items()
    )
    store.overwrite("cast", rows.to_arrow().cast(CAST))


def choose(dataset: Path, film: str, out: Path, **names: str) -> FromAnalysis:
    """Write the report of a film and choose from it; ``c01="Anna"`` is what people said there."""
    report = dataset.parent / f"report-{dataset.name}-{film[0]}"
    report.mkdir(exist_ok=True)
    samples = open_dataset(dataset).samples().filter(pl.col("source").is_null(), film=film)
    faces = samples.rename({"id": "sample"}).with_columns(happy=pl.lit(0.9), sad=pl.lit(0.1))
    faces.write_parquet(report / "faces.parquet")
    summary: dict[str, Any] = {
        "schema": SCHEMA,
        "film": {"title": f"Film {film[0]}", "id": film},
        "model": {"classes": ["happy", "sad"]},
        "characters": [{"id": id, "name": names.get(id, id)} for id in FILMS[film]],
    }
    (report / "analysis.json").write_text(json.dumps(summary))
    return from_analysis(report, out, per=2, dataset=dataset)


def people(dataset: Path) -> dict[tuple[str, str], set[str]]:
    """The groups by character of copies, by film and character there."""
    opened = open_dataset(dataset)
    who = opened.samples().drop_nulls("source").select("id", "film", role="character")
    keys = levels(opened).join(who, on="id", suffix="_of")
    return {
        (film, role): set(part["character"])
        for (film, role), part in keys.group_by("film_of", "role")
    }


def test_who_is_one_person_stays_one_group(dataset: Path, tmp_path: Path) -> None:
    cast(dataset, person=PERSONS)
    for film in FILMS:
        assert choose(dataset, film, tmp_path / "lab").imported.added
    groups = people(tmp_path / "lab")
    assert len(groups) == 3 and all(len(keys) == 1 for keys in groups.values())
    assert groups[A, "c01"] == groups[B, "c02"] != groups[B, "c01"]
    persons = set(open_dataset(tmp_path / "lab").samples()["person"])
    assert {person[:6] for person in persons} == {"p0001-", "p0002-"}


def test_numbers_of_two_films_are_two_people(dataset: Path, tmp_path: Path) -> None:
    for film in FILMS:
        choose(dataset, film, tmp_path / "lab")
    groups = people(tmp_path / "lab")
    assert len(set.union(*groups.values())) == len(groups) == 3


def test_numbers_of_persons_of_two_datasets_are_two_people(tmp_path: Path) -> None:
    for name, film in (("d", A), ("e", B)):
        cast(analysed(tmp_path / name), person={(film, "c01"): "p0001"})
        choose(tmp_path / name, film, tmp_path / "lab")
    groups = people(tmp_path / "lab")
    assert groups[A, "c01"] != groups[B, "c01"]


def test_what_is_found_out_later_reaches_what_is_there(dataset: Path, tmp_path: Path) -> None:
    for film in FILMS:
        choose(dataset, film, tmp_path / "lab")
    before = open_dataset(tmp_path / "lab").samples()
    # Linked and named since; one run for any of its films is enough.
    cast(dataset, person=PERSONS, name={(B, "c02"): "Anna"})
    assert not choose(dataset, B, tmp_path / "lab", c02="Anna").imported.added
    after = open_dataset(tmp_path / "lab").samples()
    assert set(after["id"]) == set(before["id"])
    groups = people(tmp_path / "lab")
    assert groups[A, "c01"] == groups[B, "c02"] == {"character/Anna"}
    assert set(after.filter(film=A)["name"]) == {"Anna"}
    # Another name is another group, of the same samples.
    cast(dataset, person=PERSONS, name={(B, "c02"): "Berta"})
    assert not choose(dataset, B, tmp_path / "lab", c02="Berta").imported.added
    assert people(tmp_path / "lab")[A, "c01"] == {"character/Berta"}


def test_a_copy_has_the_place_of_its_crop(dataset: Path, tmp_path: Path) -> None:
    choose(dataset, B, tmp_path / "lab")
    lab = open_dataset(tmp_path / "lab")
    origins = lab.table("origins", ["id", "sample"])
    copies = lab.samples().join(origins, on="id")
    crops = open_dataset(dataset).samples()
    both = copies.join(crops, left_on="sample", right_on="id", suffix="_crop")
    assert both.height == copies.height > 2
    for name in COPIED:
        assert both[name].null_count() == 0
        assert both[name].to_list() == both[f"{name}_crop"].to_list()
    assert copies["recipe"].null_count() == copies.height  # nothing of it was built here


def test_copies_beside_their_crops_share_all_groups(dataset: Path) -> None:
    cast(dataset, person=PERSONS)
    choose(dataset, B, dataset)
    opened = open_dataset(dataset)
    keys = levels(opened)
    pairs = opened.table("origins", ["id", "sample"]).join(keys, on="id")
    pairs = pairs.join(keys, left_on="sample", right_on="id", suffix="_crop")
    assert pairs.height > 2
    for level in ("film", "character", "shot", "track"):
        assert pairs[level].to_list() == pairs[f"{level}_crop"].to_list()
    # Of its frame's faces a copy is one: a range that names somebody must not take it for alone.
    said = Range(B, Fraction(0), Fraction(99), "fear", character="Nobody we know")
    votes, _ = spread_ranges(opened, [(1, said)])
    assert set(votes["sample"]) <= set(opened.table("crops", ["id"])["id"])


def test_a_forgotten_film_takes_its_copies_along(dataset: Path, tmp_path: Path) -> None:
    for film in FILMS:
        choose(dataset, film, tmp_path / "lab")
    forget(tmp_path / "lab", "Film a")
    lab = open_dataset(tmp_path / "lab")
    assert set(lab.samples()["film"]) == set(lab.table("origins")["film"]) == {B}
    assert lab.table("stills")["film"].n_unique() == 1


def test_a_dataset_of_before_is_read(dataset: Path, tmp_path: Path) -> None:
    choose(dataset, A, tmp_path / "lab")
    store = Store.open(tmp_path / "lab")
    store.overwrite("origins", TABLES["origins"].empty_table())
    samples = open_dataset(tmp_path / "lab").samples()
    assert samples["seconds"].null_count() == samples.height
    assert set(levels(open_dataset(tmp_path / "lab"))["film"]) == {"film/Film-a-aaaaaaaa"}
