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
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock

from cinemotion.core.errors import (
    BadInputError,
    DatasetError,
    RecipeMismatchError,
    StorageFullError,
)
from cinemotion.dataset.header import HEADER
from cinemotion.dataset.tables import TABLES

FORMAT = 1
_OURS = {".locks", HEADER}
# The many small commits of a build are merged when it is done; what has grown to this size is
# left alone, so that the work does not grow with the dataset.
_MAX_FRAGMENTS = 8
_BYTES_PER_FRAGMENT = 256 * 1024 * 1024
# Pages are copied as they are, a few at a time: a film's crops pass through 60 MB of memory, where
# decoding and encoding them takes 400 and four times as long.
_COPYING = {"compaction_mode": "try_binary_copy", "binary_copy_read_batch_bytes": 8 * 1024 * 1024}


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
        header = path / HEADER
        with _translated(path):
            if path.exists() and not path.is_dir():
                raise BadInputError(f"{path} is a file; --out needs a new or empty folder")
            if not header.exists():
                if path.is_dir() and any(p.name not in _OURS for p in path.iterdir()):
                    raise BadInputError(
                        f"{path} is not empty and holds no cinemotion dataset; "
                        "name a new or empty folder"
                    )
                (path / ".locks").mkdir(parents=True, exist_ok=True)
                cls(path)._write_file(header, {"format": FORMAT})
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open an existing dataset.

        Raises:
            DatasetError: There is no dataset in ``path``, or its format is newer than ours.
        """
        try:
            header = json.loads((path / HEADER).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{path} holds no cinemotion dataset (no readable {HEADER}); "
                "make one with: cinemotion build FILM --out DATASET"
            ) from error
        found = header.get("format") if isinstance(header, dict) else None
        if found != FORMAT:
            raise DatasetError(
                f"{path / HEADER} names dataset format {found}, this version reads {FORMAT}; use "
                "the version of cinemotion that wrote it, or restore the file"
            )
        return cls(path)

    def recipes(self) -> dict[str, dict[str, Any]]:
        """The recipes that this dataset was built with, by id."""
        recipes = {}
        for file in sorted((self.path / "recipes").glob("*.json")):
            try:
                recipes[file.stem] = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise DatasetError(f"cannot read the recipe {file}: {error}; restore it") from error
        return recipes

    def admit(self, recipe: str, content: dict[str, Any], *, beside_others: bool) -> None:
        """Record a recipe, or refuse it where the dataset was built with another one.

        Args:
            recipe: Its id; one that is known already changes nothing.
            content: What the id stands for.
            beside_others: Whether it may join another recipe.

        Raises:
            RecipeMismatchError: It may not; the message names the first difference.
        """
        with self._writing():
            known = self.recipes()
            if recipe in known:
                return
            if known and not beside_others:
                other, theirs = next(iter(known.items()))
                raise RecipeMismatchError(
                    f"{self.path} was built with another recipe, {other} ("
                    f"{first_difference(theirs, content)}); use its recipe, another --out, or "
                    "--add-recipe"
                )
            (self.path / "recipes").mkdir(exist_ok=True)
            self._write_file(self.path / "recipes" / f"{recipe}.json", content)

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
            current = self._complete(table)
            if current is None:
                self._write(table, rows.cast(TABLES[table]))
                return
            merge = current.merge_insert([key] if isinstance(key, str) else list(key))
            merge.when_matched_update_all().when_not_matched_insert_all().execute(
                rows.cast(TABLES[table])
            )

    def overwrite(self, table: str, rows: pa.Table) -> None:
        """Put rows in the place of all that a table holds, in one atomic commit."""
        with self._writing():
            mode = "overwrite" if self.has(table) else "create"
            _lance().write_dataset(rows.cast(TABLES[table]), str(self._folder(table)), mode=mode)

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
        names = list(TABLES[table].names if columns is None else columns)
        try:
            return self._read(table, names, where)
        except (OSError, ValueError):
            # Another process may have compacted between our look and our read: once more.
            try:
                return self._read(table, names, where)
            except (OSError, ValueError) as error:
                line = " ".join(str(error).split())[:300]
                raise DatasetError(f"cannot read {self._folder(table)}: {line}") from error

    def has(self, table: str) -> bool:
        """Whether the table was ever committed; a folder alone may be what a kill left behind."""
        return any((self._folder(table) / "_versions").glob("*.manifest"))

    def compact(self, more_than: int = _MAX_FRAGMENTS) -> None:
        """Merge small fragments where there are many, and drop the states before."""
        with self._writing():
            for table in TABLES:
                current = self._dataset(table)
                if current is not None and len(current.get_fragments()) > more_than:
                    rows = max(1, current.count_rows())
                    size = max(1, sum(f.stat().st_size for f in self._data_files(table)) // rows)
                    target = max(1, _BYTES_PER_FRAGMENT // size)
                    current.optimize.compact_files(
                        target_rows_per_fragment=target, num_threads=1, **_COPYING
                    )
                    # Readers that still hold an old state open the new one (see Dataset).
                    self._dataset(table).cleanup_old_versions(older_than=timedelta(0))

    def still(self) -> AbstractContextManager[None]:
        """Hold all writers off, so that several tables can be read in one state."""
        return self._writing()

    def film_lock(self, film: str) -> FileLock:
        """The lock that a build holds while it works on a film, so that no other one does."""
        return FileLock(self.path / ".locks" / f"{film}.lock")

    def _read(self, table: str, names: list[str], where: str | None) -> pa.Table:
        current = self._dataset(table)
        if current is None:
            schema = pa.schema([TABLES[table].field(name) for name in names])
            return pa.Table.from_batches([], schema)
        # A column that came later than the table is null in it.
        known = [name for name in names if name in current.schema.names]
        found = current.to_table(columns=known or current.schema.names[:1], filter=where)
        for name in names:
            if name not in known:
                field = TABLES[table].field(name)
                found = found.append_column(field, pa.nulls(found.num_rows, field.type))
        return found.select(names)

    def _dataset(self, table: str) -> Any:
        return _lance().dataset(str(self._folder(table))) if self.has(table) else None

    def _complete(self, table: str) -> Any:
        """The table with all columns of today; those that it lacks are added, empty."""
        current = self._dataset(table)
        if current is not None:
            lacking = [field for field in TABLES[table] if field.name not in current.schema.names]
            if lacking:
                current.add_columns(pa.schema(lacking))
        return current

    def _write(self, table: str, rows: pa.Table) -> None:
        mode = "create" if self._complete(table) is None else "append"
        _lance().write_dataset(rows, str(self._folder(table)), mode=mode)

    def _folder(self, table: str) -> Path:
        return self.path / f"{table}.lance"

    def _data_files(self, table: str) -> Iterator[Path]:
        return (self._folder(table) / "data").iterdir()

    def _write_file(self, path: Path, content: dict[str, Any]) -> None:
        """Write a JSON file in one step; a draft that a kill leaves behind is out of the way."""
        draft = self.path / ".locks" / f"draft-{path.name}-{os.getpid()}"
        try:
            draft.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _translated(self.path), FileLock(self.path / ".locks" / "write.lock"):
            yield


def _lance() -> Any:
    """Lance, imported on first use: a new build hands out its first jobs before it stores."""
    import lance

    return lance


def first_difference(theirs: Any, ours: Any, key: str = "") -> str:
    """The first place where two JSON values differ, in words."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in [*theirs, *(name for name in ours if name not in theirs)]:
            if theirs.get(name) != ours.get(name):
                return first_difference(
                    theirs.get(name), ours.get(name), f"{key}.{name}" if key else name
                )
    return f"{key}: {theirs} there, {ours} here"


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
