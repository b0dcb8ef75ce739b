"""The split of a dataset on disk: which sample is on which side, and how that was decided.

    write_assignment(store, table, {"level": "film", "ratios": [70, 20, 10], …})
    table, settings = read_assignment(store)
    table.filter(pl.col("split") == "test")["id"]

``<dataset>/split.parquet`` holds a row per kept sample; the settings and the report of the
split are JSON in the file's metadata. It is written by one atomic rename, so that a reader
sees the split before or the split after.
"""

from __future__ import annotations

import json
import os
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.store import Store

BRIDGES = "bridges_splits"

ASSIGNMENT = pa.schema(
    [
        ("id", pa.string()),
        ("key", pa.string()),  # of the group that the sample belongs to
        ("split", pa.string()),  # train, val, test or fold0 …; null where rejected
        ("reason", pa.string()),  # null, or bridges_splits: twins of it are on two sides
    ]
)
_FILE = "split.parquet"
_SETTINGS = b"cinemotion"


def write_assignment(store: Store, table: pl.DataFrame, settings: dict[str, Any]) -> None:
    """Replace the dataset's split, in one step.

    Args:
        store: The dataset.
        table: The columns ``id``, ``key``, ``split`` and ``reason``, all strings, a row per
            kept sample; written in the order of the ids.
        settings: JSON that says how the split was made.

    Raises:
        DatasetError: The file cannot be written.
    """
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    rows = table.select(ASSIGNMENT.names).sort("id").to_arrow().cast(ASSIGNMENT)
    rows = rows.replace_schema_metadata({_SETTINGS: text.encode()})
    path = store.path / _FILE
    draft = store.path / ".locks" / f"draft-{_FILE}-{os.getpid()}"
    try:
        pq.write_table(rows, draft, compression="zstd")
        draft.replace(path)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error}; the earlier split is kept") from error
    finally:
        draft.unlink(missing_ok=True)


def read_assignment(store: Store) -> tuple[pl.DataFrame, dict[str, Any]] | None:
    """The dataset's split and its settings, or ``None`` where it was never split.

    Raises:
        DatasetError: The file is there and cannot be read.
    """
    path = store.path / _FILE
    if not path.exists():
        return None
    try:
        rows = pq.read_table(path)
        settings = json.loads((rows.schema.metadata or {})[_SETTINGS])
        table = pl.from_arrow(rows.select(ASSIGNMENT.names).cast(ASSIGNMENT))
    except (OSError, ValueError, KeyError) as error:
        line = " ".join(str(error).split())[:300]
        raise DatasetError(
            f"cannot read {path}: {line}; remove it and run: cinemotion split {store.path}"
        ) from error
    assert isinstance(table, pl.DataFrame)
    return table, settings
