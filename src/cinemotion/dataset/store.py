"""The store: a folder of Lance tables with atomic commits, one writer at a time.

    store = Store.create(Path("dataset"))
    store.append("frames", rows)              # one atomic commit
    store.replace("facts", rows, key="id")    # update or insert, one atomic commit
    store.read("frames", where="film = 'ab…'")

Lance commits a table at a time, so the order of commits matters: a mark (a row of
``segments`` or ``films``) is written after all that it vouches for. Rows without their mark
are left-overs of a run that was killed and are removed before the work is done again.
A lock file serialises the writers; the system releases it when a process dies.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
from filelock import FileLock

from cinemotion.core.errors import BadInputError, DatasetError, StorageFullError
from cinemotion.dataset.tables import TABLES

FORMAT = 1
_HEADER = "cinemotion.json"
# Fewer, larger fragments keep scans fast; a film's commits are merged when it is done.
_ROWS_PER_FRAGMENT = 1024 * 1024
_MAX_FRAGMENTS = 8


class Store:
    """An open dataset folder; see the module's docstring.

    Args:
        path: The folder; it must hold a dataset (see :meth:`create` and :meth:`open`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Store:
        """Open the dataset in ``path``, making an empty one where there is nothing yet.

        Raises:
            BadInputError: ``path`` is a file, or a folder that holds something else.
        """
        header = path / _HEADER
        with _translated(path):
            if path.exists() and not path.is_dir():
                raise BadInputError(f"{path} is a file; --out needs a new or empty folder")
            if not header.exists():
                if path.is_dir() and any(p.name != ".locks" for p in path.iterdir()):
                    raise BadInputError(
                        f"{path} is not empty and holds no cinemotion dataset; "
                        "name a new or empty folder"
                    )
                (path / ".locks").mkdir(parents=True, exist_ok=True)
                _write_atomically(header, json.dumps({"format": FORMAT}) + "\n")
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open an existing dataset.

        Raises:
            DatasetError: There is no dataset in ``path``, or its format is newer than ours.
        """
        try:
            header = json.loads((path / _HEADER).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{path} holds no cinemotion dataset (no readable {_HEADER}); "
                "make one with: cinemotion build FILM --out DATASET"
            ) from error
        if header.get("format") != FORMAT:
            raise DatasetError(
                f"{path} has dataset format {header.get('format')}, this version reads {FORMAT}"
            )
        return cls(path)

    def recipes(self) -> dict[str, dict[str, Any]]:
        """The recipes that this dataset was built with, by id."""
        files = sorted((self.path / "recipes").glob("*.json"))
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}

    def add_recipe(self, recipe: str, content: dict[str, Any]) -> None:
        """Record a recipe; the same id again changes nothing."""
        with _translated(self.path):
            (self.path / "recipes").mkdir(exist_ok=True)
            text = json.dumps(content, indent=2, sort_keys=True) + "\n"
            _write_atomically(self.path / "recipes" / f"{recipe}.json", text)

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows in one atomic commit; no rows, no commit."""
        if rows.num_rows:
            with self._writing():
                self._write(table, rows.cast(TABLES[table]))

    def replace(self, table: str, rows: pa.Table, key: str | Sequence[str]) -> None:
        """Update the rows whose key exists and add the others, in one atomic commit."""
        if not rows.num_rows:
            return
        with self._writing():
            current = self._dataset(table)
            if current is None:
                self._write(table, rows.cast(TABLES[table]))
                return
            merge = current.merge_insert([key] if isinstance(key, str) else list(key))
            merge.when_matched_update_all().when_not_matched_insert_all().execute(
                rows.cast(TABLES[table])
            )

    def delete(self, table: str, where: str) -> None:
        """Remove the rows that match an SQL condition, in one atomic commit."""
        with self._writing():
            current = self._dataset(table)
            if current is not None and current.count_rows(where):
                current.delete(where)

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pa.Table:
        """Rows of a table, all columns or some, all rows or those that match a condition."""
        current = self._dataset(table)
        if current is None:
            schema = TABLES[table]
            names = schema.names if columns is None else columns
            return pa.schema([schema.field(name) for name in names]).empty_table()
        return current.to_table(columns=None if columns is None else list(columns), filter=where)

    def compact(self) -> None:
        """Merge small fragments and drop old states that no reader needs any more."""
        with self._writing():
            for table in TABLES:
                current = self._dataset(table)
                if current is not None and len(current.get_fragments()) > _MAX_FRAGMENTS:
                    current.optimize.compact_files(target_rows_per_fragment=_ROWS_PER_FRAGMENT)
                    # Readers that still hold an old state open the new one (see Dataset).
                    self._dataset(table).cleanup_old_versions(older_than=timedelta(0))

    def film_lock(self, film: str) -> FileLock:
        """The lock that a build holds while it works on a film, so that no other one does."""
        return FileLock(self.path / ".locks" / f"{film}.lock")

    def _dataset(self, table: str) -> Any:
        return lance.dataset(str(self._folder(table))) if self._exists(table) else None

    def _write(self, table: str, rows: pa.Table) -> None:
        mode = "append" if self._exists(table) else "create"
        lance.write_dataset(rows, str(self._folder(table)), mode=mode)

    def _folder(self, table: str) -> Path:
        return self.path / f"{table}.lance"

    def _exists(self, table: str) -> bool:
        """Whether the table was ever committed; a folder alone may be what a kill left behind."""
        return any((self._folder(table) / "_versions").glob("*.manifest"))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _translated(self.path), FileLock(self.path / ".locks" / "write.lock"):
            yield


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what a file system or Lance can say into one clear line."""
    try:
        yield
    except OSError as error:
        # Lance raises OSError without errno; only its text tells.
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
            raise StorageFullError(
                f"no space left while writing {path}; free some and run the same command "
                "again: everything committed so far is kept"
            ) from error
        line = " ".join(str(error).split())[:300]
        raise DatasetError(f"cannot write {path}: {line}") from error
