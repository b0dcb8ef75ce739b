"""Who is one person in several films: drawn vectors in place of an embedder's."""

from __future__ import annotations

import csv
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.levels import levels
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.flows.analyzing import persons as flow
from cinemotion.flows.analyzing.persons import Somebody, link_cast
from cinemotion.flows.analyzing.personsheet import write_persons
from cinemotion.flows.versions.forget import forget
from filmed import add_film, filmed

FACES = {"anna": [1, 0, 0], "bert": [0, 1, 0], "cleo": [0, 0, 1]}
FILMS = {
    "a" * 64: {"c01": "anna", "c02": "bert"},
    "b" * 64: {"c01": "bert", "c02": "cleo"},
    "c" * 64: {"c01": "cleo", "c02": "anna", "c03": "anna"},
}
"""Who the characters are; in the last film two of them have one face."""


class Drawn:
    """An embedder that knows who a crop shows by its colour."""

    dimensions = 3
    limit = 0.5
    limit_across = 0.3
    recipe = MappingProxyType({"name": "drawn", "weights": []})

    def __call__(self, crops: list[np.ndarray], _landmarks: np.ndarray) -> np.ndarray:
        return (
            np.stack([crop.reshape(-1, 3).mean(axis=0) for crop in crops]).astype(np.float32) / 200
        )


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three films, each of two or three characters with two tracks each."""
    monkeypatch.setattr(flow, "open_embedder", lambda _name: Drawn())
    store = filmed(tmp_path / "d")
    for film, cast in FILMS.items():
        add_film(store, film, {name: FACES[who] for name, who in cast.items()})
    return tmp_path / "d"


def of(found: list[Somebody]) -> dict[str, set[str]]:
    """Persons by id: who they are, as film and character."""
    return {
        person.id: {f"{role.film[0]}-{role.character}" for role in person.roles}
        for person in found
        if person.id
    }


def test_a_face_in_several_films_is_one_person(dataset: Path) -> None:
    found = of(link_cast(dataset))
    groups = sorted(map(sorted, found.values()))
    # Of the two with one face in film c, one alone can be who is in film a.
    assert ["a-c02", "b-c01"] in groups and ["b-c02", "c-c01"] in groups
    assert len(found) == 4 and sorted(found) == ["p0001", "p0002", "p0003", "p0004"]
    assert of(link_cast(dataset)) == found
    assert of(link_cast(dataset, recast=True)) == found


def test_a_split_by_character_keeps_a_person_together(dataset: Path) -> None:
    before = levels(open_dataset(dataset)).drop_nulls("character")["character"].n_unique()
    link_cast(dataset)
    keys = levels(open_dataset(dataset))
    assert before == 7 and keys["character"].n_unique() == 4
    assert keys.group_by("character").agg(pl.col("film").n_unique())["film"].max() == 2


def test_ids_stay_as_films_are_added_and_forgotten(dataset: Path) -> None:
    first = of(link_cast(dataset))
    add_film(Store.open(dataset), "0" * 64, {"c01": FACES["bert"], "c02": [0.5, 0.5, 0]})
    more = of(link_cast(dataset))
    assert all(mine <= more[id] for id, mine in first.items())
    [bert] = [id for id, mine in first.items() if "a-c02" in mine]
    assert "0-c01" in more[bert] and len(more) == 5
    forget(dataset, "a" * 64)
    left = of(link_cast(dataset))
    assert not any("a-" in row for mine in left.values() for row in mine)
    assert "b-c01" in left[bert]
    assert b"aaaaaaaaaaaaaaaa" not in b"".join(
        path.read_bytes() for path in (dataset / "cast.lance").rglob("*") if path.is_file()
    )


def edit(path: Path, **changes: tuple[str, str]) -> None:
    """Change cells of a file: ``a_c01=("name", "Anna")``."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change = changes.get(f"{row['film'][0]}_{row['character']}")
        if change:
            row[change[0]] = change[1]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_what_people_say_is_the_truth(dataset: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "persons.csv"
    write_persons(sheet, link_cast(dataset))
    # Cleo of film c is somebody else, and Bert has a name.
    edit(sheet, c_c01=("person", "p0099"), a_c02=("name", "Bert"))
    named = link_cast(dataset, names=sheet)
    groups = of(named)
    assert groups["p0099"] == {"c-c01"}
    [bert] = [person for person in named if person.name]
    assert bert.name == "Bert" and of([bert])[bert.id] == {"a-c02", "b-c01"}
    assert of(link_cast(dataset)) == groups
    keys = levels(open_dataset(dataset))
    assert keys.filter(pl.col("character") == "character/Bert")["film"].n_unique() == 2
    # Anew: the name stays, what was only moved does not.
    again = link_cast(dataset, recast=True)
    assert [person.name for person in again if person.name] == ["Bert"]
    assert {"b-c02", "c-c01"} in of(again).values()


def test_one_name_in_two_films_joins_whatever_the_faces(dataset: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "persons.csv"
    write_persons(sheet, link_cast(dataset))
    edit(sheet, a_c01=("name", "Twin"), b_c02=("name", "Twin"))
    joined = [mine for mine in of(link_cast(dataset, names=sheet)).values() if "a-c01" in mine]
    assert {"a-c01", "b-c02"} <= joined[0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["p1,x,nowhere,c01"], "no such character"),
        (["p1,x,Film a,c01", "p2,y,Film a,c01"], "is there twice"),
        (["p1,x,Film a"], "cells"),
    ],
)
def test_bad_rows_are_named_with_their_line(
    dataset: Path, tmp_path: Path, rows: list[str], said: str
) -> None:
    sheet = tmp_path / "p.csv"
    sheet.write_text("\n".join(["person,name,film,character", *rows]) + "\n")
    with pytest.raises(BadInputError, match=said) as caught:
        link_cast(dataset, names=sheet)
    assert "line" in str(caught.value) and "\n" not in str(caught.value)


def test_a_table_of_before_gets_the_new_columns(dataset: Path) -> None:
    import lance

    folder = str(dataset / "cast.lance")
    lance.dataset(folder).drop_columns(["person", "person_name"])
    store = Store.open(dataset)
    assert store.read("cast")["person"].null_count == store.read("cast").num_rows
    store.append("cast", store.read("cast").slice(0, 1))
    assert lance.dataset(folder).schema.names == TABLES["cast"].names
    assert len(of(link_cast(dataset))) == 4


def test_settings_that_make_no_sense(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="--limit"):
        link_cast(dataset, limit=-1.0)
    empty = filmed(tmp_path / "e")
    with pytest.raises(BadInputError, match="knows no characters"):
        link_cast(empty.path)
