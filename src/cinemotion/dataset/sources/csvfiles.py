"""CSV files as rows of named columns, read as a stream.

header = read_header(path)                          # ['emotion', 'pixels', 'Usage']
for row in read_rows(path, {"pixels": 1}): row["pixels"]
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinemotion.core.errors import BadInputError


def read_header(path: Path) -> list[str]:
    """The column names of a CSV file, without blanks around them.

    Raises:
        BadInputError: It is no text.
    """
    with _translated(path), path.open(encoding="utf-8-sig", newline="") as file:
        return [name.strip() for name in next(csv.reader(file), [])]


def read_rows(path: Path, columns: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """The rows below the header, with the columns at these positions; blank lines left out.

    Raises:
        BadInputError: A row is too short, or the file is no text.
    """
    with _translated(path), path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader, None)
        for row in reader:
            if not row:
                continue
            if len(row) <= max(columns.values()):
                raise BadInputError(
                    f"{path}, line {reader.line_num}: {len(row)} columns, expected at least "
                    f"{max(columns.values()) + 1}; correct the file or get it again"
                )
            yield {name: row[place] for name, place in columns.items()}


@contextmanager
def _translated(path: Path) -> Iterator[Any]:
    try:
        yield
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        line = " ".join(str(error).split())[:200]
        raise BadInputError(f"{path} cannot be read as CSV ({line}); get it again") from error
