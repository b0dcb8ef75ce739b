from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import FRAMES, SEGMENTS, TABLES, owned


def _frames(film: str, n: int) -> pa.Table:
    rows = [{"film": film, "recipe": "r", "segment": 0, "pts": i, "samples": 0} for i in range(n)]
    return pa.Table.from_pylist(rows, FRAMES)


def _coloured(rows: pa.Table, byte: bytes) -> pa.Table:
    field = FRAMES.field("colours")
    values = pa.array([byte * 432] * rows.num_rows, field.type)
    return rows.set_column(FRAMES.get_field_index("colours"), field, values)


def test_a_new_dataset_has_every_table_empty(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    for name, schema in TABLES.items():
        assert store.read(name).schema == schema
        assert store.read(name).num_rows == 0
    assert store.read("films", ["path"]).schema.names == ["path"]
    store.delete("frames", "pts = 1")  # nothing there is nothing to complain about


def test_rows_are_appended_read_replaced_and_deleted(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    store.append("frames", _frames("a", 3))
    store.append("frames", _frames("b", 2))
    store.append("frames", _frames("b", 0))
    assert store.read("frames", ["pts"], owned("a", "r"))["pts"].to_pylist() == [0, 1, 2]
    changed = _frames("a", 4).set_column(
        FRAMES.get_field_index("samples"), FRAMES.field("samples"), pa.array([7] * 4, pa.int32())
    )
    store.replace("frames", changed, key=["film", "recipe", "pts"])
    assert store.read("frames", where="film = 'a'")["samples"].to_pylist() == [7] * 4
    assert store.read("frames", where="film = 'b'")["samples"].to_pylist() == [0] * 2
    store.delete("frames", "film = 'a'")
    assert store.read("frames").num_rows == 2


def test_a_table_of_before_a_column_came_reads_and_grows(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    old = _frames("a", 2).drop_columns(["colours"])
    lance.write_dataset(old, str(store.path / "frames.lance"))
    assert store.read("frames").schema == FRAMES
    assert store.read("frames", ["colours"])["colours"].to_pylist() == [None, None]
    assert store.read("frames", ["pts", "colours"], "pts = 1").to_pylist() == [
        {"pts": 1, "colours": None}
    ]
    store.append("frames", _coloured(_frames("b", 1), b"x"))
    found = store.read("frames").sort_by("film")["colours"].to_pylist()
    assert found == [None, None, b"x" * 432]


def test_rows_replace_those_of_a_table_of_before_a_column_came(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    lance.write_dataset(_frames("a", 2).drop_columns(["colours"]), str(store.path / "frames.lance"))
    store.replace("frames", _coloured(_frames("a", 1), b"y"), key=["film", "pts"])
    assert store.read("frames").sort_by("pts")["colours"].to_pylist() == [b"y" * 432, None]


def test_creating_again_opens_and_keeps(tmp_path: Path) -> None:
    Store.create(tmp_path / "d").append("frames", _frames("a", 3))
    assert Store.create(tmp_path / "d").read("frames").num_rows == 3


def test_a_folder_with_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(BadInputError, match="not empty"):
        Store.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_dataset_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    Store.create(tmp_path / "d")
    (tmp_path / "d" / "cinemotion.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(DatasetError, match="format 99"):
        Store.open(tmp_path / "d")


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DatasetError, match=r"cannot write .*Permission denied"):
        Store.create(tmp_path / "d")


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    Store.create(tmp_path / "d")

    def write(number: int) -> None:
        store = Store.open(tmp_path / "d")
        for _ in range(3):
            store.append("frames", _frames(f"film{number}", 2))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert Store.open(tmp_path / "d").read("frames").num_rows == 4 * 3 * 2


def test_compaction_merges_many_commits_and_changes_no_row(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    for number in range(30):
        store.append("frames", _frames(f"{number:02}", 2))
    before = store.read("frames")
    assert _data_files(store) == 30
    store.compact()
    assert store.read("frames").equals(before)
    assert _data_files(store) == 1  # the old ones are gone from disk too


def _data_files(store: Store) -> int:
    return len(list((store.path / "frames.lance" / "data").iterdir()))


def test_rows_are_checked_against_the_schema(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "d")
    with pytest.raises(ValueError, match="names"):
        store.append("segments", pa.table({"film": ["a"]}))
    assert store.read("segments").schema == SEGMENTS
