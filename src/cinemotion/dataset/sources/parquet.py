"""Parquet tables with a column of pictures, as ``datasets`` and pandas write them.

    source = open_parquet(Path("train.parquet"), LIMITS)
    source.names()[0]        # 'Training/fer0000000': split and id, or else the row's number

The pictures are bytes, or structs of ``bytes`` and ``path``. Labels are words, numbers with the
names of a ``ClassLabel`` in the schema, or counts of votes: a list of numbers in a column
``votes`` whose order the schema's metadata names in ``votes_order``. A folder of Parquet files
(``train-00000-of-00002.parquet``) is one source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file, hash_json
from cinemotion.dataset.sources.columns import Columns, find_columns, find_pictures
from cinemotion.dataset.sources.limits import Limits, is_picture
from cinemotion.dataset.sources.source import Member, Remarks, file_state

_ROWS = 128  # read at a time
_MAGIC = b"PAR1"


class ParquetSource:
    """The rows of Parquet files; see the module's docstring.

    Args:
        path: The file, or the folder of files.
        files: The files, in order.
        limits: How many rows and bytes are read.

    Raises:
        BadInputError: A file is damaged, has no column of pictures, or there is no row.
    """

    kind = "parquet"

    def __init__(self, path: Path, files: Sequence[Path], limits: Limits) -> None:
        self.path = path
        self.remarks = Remarks()
        self._limits = limits
        self._columns: dict[Path, Columns] = {}
        self._names: dict[Path, list[str]] = {}
        rows = 0
        for file in files:
            with _translated(file), pq.ParquetFile(file) as table:
                default = _split_of(file) if path.is_dir() else None
                columns = find_columns(table.schema_arrow, file)
                self._columns[file] = columns
                self._names[file] = columns.names(table, default, rows)
                rows += len(self._names[file])
                self.remarks.notices += columns.notices
        self._make_unique()
        if not 0 < rows <= limits.members:
            raise BadInputError(f"{path} has {rows} rows, 1 to {limits.members} are read")

    def names(self) -> Sequence[str]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.names`."""
        return [name for names in self._names.values() for name in names]

    def members(self, skip: Container[str]) -> Iterator[Member]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.members`."""
        for file, names in self._names.items():
            if all(name in skip for name in names):
                continue
            columns, at = self._columns[file], 0
            with _translated(file), pq.ParquetFile(file) as table:
                for batch in table.iter_batches(_ROWS, columns=columns.needed):
                    for row in columns.rows(batch, self._limits.member_bytes):
                        if names[at] not in skip:
                            yield columns.member(names[at], row)
                        at += 1

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""
        return file_state(*self._names)

    def digest(self, names: Sequence[str]) -> str:
        """The hash of the file, or of the files in their order."""
        return hash_json([hash_file(file) for file in self._names])

    def _make_unique(self) -> None:
        """Add the row's number to the names that several rows have."""
        uses = Counter(self.names())
        shared = {name for name, rows in uses.items() if rows > 1}
        rows = count()  # over all files
        for names in self._names.values():
            numbered = zip(names, rows, strict=False)  # in this order: no number is lost between
            names[:] = [f"{name}-row{i:08d}" if name in shared else name for name, i in numbered]
        if shared:
            self.remarks.notices.append(
                f"{len(shared)} ids stand for several rows each ({min(shared)}); they got the "
                "row's number"
            )


def open_parquet(path: Path, limits: Limits) -> ParquetSource | None:
    """A Parquet file, or a folder of Parquet files without pictures beside them; else ``None``."""
    if path.is_dir():
        files = sorted(
            file for file in path.rglob("*.parquet") if not file.name.startswith((".", "metadata"))
        )
        tables = [file for file in files if find_pictures(_schema(file))]
        if not tables or any(is_picture(file.name) for file in path.rglob("*")):
            return None
        return ParquetSource(path, tables, limits)
    if not path.is_file() or not _is_parquet(path):
        return None
    return ParquetSource(path, [path], limits)


def _schema(file: Path) -> pa.Schema:
    with _translated(file):
        return pq.read_schema(file)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.casefold() == ".parquet" or file.read(4) == _MAGIC


def _split_of(file: Path) -> str:
    """``train`` for ``train-00000-of-00002.parquet``."""
    return file.stem.partition("-0")[0]


@contextmanager
def _translated(file: Path) -> Iterator[Any]:
    """Turn what PyArrow says of a bad file into one clear line."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        line = " ".join(str(error).split())[:200]
        raise BadInputError(f"{file} cannot be read as Parquet ({line}); get it again") from error
