"""Remove rows so that their bytes are gone from the disk too.

    erase(store, {"crops": ["film = '3f…'"], "facts": conditions_on("id", ids)})

Lance marks deleted rows and keeps their bytes, for readers of earlier states. So the files that
hold them are written anew without them, and the earlier states are dropped. The conditions are
themselves kept in the last state's description, which an empty commit puts behind us.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import lance

from cinemotion.dataset.features import feature_tables
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES

_AT_ONCE = 10_000  # ids in one condition
_BYTES_PER_FRAGMENT = 256 * 1024 * 1024


def conditions_on(column: str, values: Sequence[str]) -> list[str]:
    """SQL conditions that together select the rows whose column has one of these values."""
    quoted = ["'" + value.replace("'", "''") + "'" for value in values]
    parts = (quoted[i : i + _AT_ONCE] for i in range(0, len(quoted), _AT_ONCE))
    return [f"{column} IN ({', '.join(part)})" for part in parts]


def erase(store: Store, doomed: Mapping[str, Sequence[str]]) -> None:
    """Remove the rows that match any condition of their table, for good.

    All tables are swept, also those without a condition: an interrupted run may have left
    marked rows anywhere. Running it again does no harm.

    Args:
        store: The dataset; no other process writes to it meanwhile.
        doomed: SQL conditions by table; those of ``features`` are for every feature set.

    Raises:
        DatasetError: A table cannot be written.
    """
    with store.still():
        for table in TABLES:
            folder = store.path / f"{table}.lance"
            _erase(folder, doomed.get(table, ()))
        for folder in feature_tables(store.path):
            _erase(folder, doomed.get("features", ()))


def _erase(folder: Path, conditions: Sequence[str]) -> None:
    if not any((folder / "_versions").glob("*.manifest")):
        if folder.exists():
            shutil.rmtree(folder)  # what a kill left of the first commit
        return
    for condition in conditions:
        lance.dataset(str(folder)).delete(condition)
    rows = lance.dataset(str(folder))
    size = sum(file.stat().st_size for file in (folder / "data").glob("*"))
    per_row = max(1, size // max(1, rows.count_rows()))
    rows.optimize.compact_files(
        target_rows_per_fragment=max(1, _BYTES_PER_FRAGMENT // per_row),
        materialize_deletions=True,
        materialize_deletions_threshold=0.0,
    )
    last = lance.write_dataset(rows.schema.empty_table(), str(folder), mode="append")
    # No writer is at work (see above), so that what no state knows is a left-over of a kill.
    last.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)
