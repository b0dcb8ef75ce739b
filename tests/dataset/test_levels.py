from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.levels import levels
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES


def _add(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    store.append(table, pa.Table.from_pylist(rows, TABLES[table]))


def _shot(film: str, recipe: str, shot: int, start: int, end: int) -> dict[str, Any]:
    span = {"start_pts": start, "end_pts": end, "time_base_num": 1, "time_base_den": 10}
    return {"film": film, "recipe": recipe, "shot": shot, **span}


def _sample(store: Store, id: str, film: str, recipe: str, shot: int, track: int) -> None:
    owner = {"id": id, "film": film, "recipe": recipe}
    _add(store, "crops", [owner])
    _add(store, "facts", [owner | {"shot": shot, "track": track, "status": "kept"}])


def test_equal_numbers_in_two_films_are_two_groups(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    for film in ("f", "g"):
        _add(store, "films", [{"film": film, "recipe": "r"}])
        _add(store, "shots", [_shot(film, "r", 0, 0, 10), _shot(film, "r", 1, 10, 20)])
        _sample(store, f"{film}-a", film, "r", 0, 0)
        _sample(store, f"{film}-b", film, "r", 1, 1)
    keys = levels(open_dataset(tmp_path / "d"))
    assert [keys[level].n_unique() for level in ("film", "shot", "track")] == [2, 4, 4]
    assert keys["scene"].null_count() == 4


def test_shots_of_two_recipes_that_overlap_are_one_group(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    _add(store, "films", [{"film": "f", "recipe": "r"}, {"film": "f", "recipe": "s"}])
    _add(store, "shots", [_shot("f", "r", 0, 0, 10), _shot("f", "r", 1, 10, 20)])
    _add(store, "shots", [_shot("f", "s", 0, 0, 9), _shot("f", "s", 1, 10, 15)])
    _add(store, "shots", [_shot("f", "s", 2, 15, 20)])
    for id, recipe, shot in (("a", "r", 0), ("b", "s", 0), ("c", "r", 1), ("d", "s", 2)):
        _sample(store, id, "f", recipe, shot, track=7)
    keys = {row["id"]: row for row in levels(open_dataset(tmp_path / "d")).to_dicts()}
    assert keys["a"]["shot"] == keys["b"]["shot"] != keys["c"]["shot"] == keys["d"]["shot"]
    # The recipes number their tracks apart from each other, so a shot is the finest safe group.
    assert keys["c"]["track"] == keys["d"]["track"]


def test_editions_of_one_work_are_one_film(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    for film, group in (("f", "noir"), ("g", "noir"), ("h", None)):
        _add(store, "films", [{"film": film, "recipe": "r", "group": group}])
        _sample(store, film, film, "r", 0, 0)
    keys = levels(open_dataset(tmp_path / "d")).sort("id")["film"].to_list()
    assert keys[0] == keys[1] != keys[2] == "h"


def test_clips_of_two_imports_are_apart_and_characters_are_not(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    for source in ("x", "y"):
        still = {"source": source, "clip": "01", "character": "Ann"}
        _add(
            store, "stills", [still | {"id": f"{source}1"}, {"source": source, "id": f"{source}2"}]
        )
    keys = levels(open_dataset(tmp_path / "d"))
    named = keys.filter(pl.col("shot").is_not_null())
    assert (named["shot"].n_unique(), named["character"].n_unique()) == (2, 1)
    assert keys.filter(pl.col("shot").is_null()).height == 2
