"""Tables as CSV with a header: those that people write, and those that are written row by row.

for line, row in read_sheet(Path("votes.csv"), ["sample", "label"]):
    row["label"]
with SheetWriter(Path("samples.csv"), ["id", "file"]) as sheet:
    sheet.add({"id": "3f", "file": "3f.png"})
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cinemotion.core.errors import BadInputError


def read_sheet(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file in UTF-8, by column, each with the number of its last line.

    Column names count in any case; empty lines are passed over.

    Raises:
        BadInputError: The file cannot be read, lacks a needed column, or a row has more or fewer
            cells than the header.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            head = [name.strip().casefold() for name in next(reader, [])]
            _check_head(path, head, needed)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(head):
                    raise BadInputError(
                        f"{path}, line {reader.line_num}: {len(cells)} cells, but {len(head)} "
                        "columns; nothing was imported"
                    )
                values = (cell.strip() for cell in cells)
                yield reader.line_num, dict(zip(head, values, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"cannot read {path}: {error}; it must be CSV in UTF-8") from error


def columns_of(path: Path) -> list[str]:
    """The names in a CSV file's header, in lower case.

    Raises:
        BadInputError: The file cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [name.strip().casefold() for name in next(csv.reader(file), [])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"cannot read {path}: {error}; it must be CSV in UTF-8") from error


def _check_head(path: Path, head: list[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in head]
    if missing:
        raise BadInputError(
            f"{path} lacks the column {', '.join(missing)}; its first line must name "
            f"{','.join(needed)}, and names: {','.join(head) or 'nothing'}"
        )
    if len(set(head)) != len(head):
        raise BadInputError(f"{path} names a column twice: {','.join(head)}")


class SheetWriter:
    """Writes a table row by row; a context manager.

    Args:
        path: The file.
        columns: Their names, in order.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = columns

    def __enter__(self) -> Self:
        self._file = self.path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, self._columns, lineterminator="\n")
        self._writer.writeheader()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row: a value for each column."""
        self._writer.writerow(row)
