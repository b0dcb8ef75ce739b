from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.assignment import BRIDGES, read_assignment, write_assignment
from cinemotion.dataset.store import Store

ROWS = [("b", "film:1", "train", None), ("a", "film:2", "test", None), ("c", "x", None, BRIDGES)]
TABLE = pl.DataFrame(ROWS, schema=["id", "key", "split", "reason"], orient="row")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "d")


def test_what_is_written_is_read_in_the_order_of_the_ids(store: Store) -> None:
    assert read_assignment(store) is None
    write_assignment(store, TABLE, {"level": "film", "names": ["é"]})
    read = read_assignment(store)
    assert read is not None
    table, settings = read
    assert table.rows() == sorted(TABLE.rows())
    assert settings == {"level": "film", "names": ["é"]}


def test_a_split_of_no_sample_is_a_split(store: Store) -> None:
    write_assignment(store, TABLE.clear(), {})
    read = read_assignment(store)
    assert read is not None and len(read[0]) == 0


def test_equal_splits_are_equal_bytes(store: Store) -> None:
    write_assignment(store, TABLE, {"a": 1, "b": 2})
    first = (store.path / "split.parquet").read_bytes()
    write_assignment(store, TABLE.reverse(), {"b": 2, "a": 1})
    assert (store.path / "split.parquet").read_bytes() == first


def test_a_failed_write_keeps_the_split_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_assignment(store, TABLE, {"turn": 1})

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(DatasetError, match="the earlier split is kept"):
        write_assignment(store, TABLE, {"turn": 2})
    monkeypatch.undo()
    read = read_assignment(store)
    assert read is not None and read[1] == {"turn": 1}
    assert list((store.path / ".locks").iterdir()) == []


@pytest.mark.parametrize("damage", ["bytes", "settings", "column"])
def test_a_damaged_split_is_one_line(store: Store, damage: str) -> None:
    path = store.path / "split.parquet"
    if damage == "bytes":
        path.write_bytes(b"PAR1 and nothing else")
    elif damage == "settings":
        pq.write_table(TABLE.to_arrow(), path)
    else:
        rows = pa.table({"id": ["a"]}).replace_schema_metadata({"cinemotion": "{}"})
        pq.write_table(rows, path)
    with pytest.raises(DatasetError, match="remove it and run: cinemotion split"):
        read_assignment(store)
