"""``samples.csv``: a row per exported picture file, with its label, origin and hash.

    with SampleTable(folder) as table:
        table.add(item, "train/happy/3f….png")

The formats that hold loose pictures or archives have it; it also vouches for their bytes.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cinemotion.core.hashing import hash_bytes
from cinemotion.dataset.export.content import ORIGIN, Item
from cinemotion.dataset.export.layout import describe_column

NAME = "samples.csv"
_KINDS = {
    **dict.fromkeys(("id", "file", "split", "label"), "sc:Text"),
    "class": "sc:Integer",
    "distribution": "sc:Text",
    **dict.fromkeys(("width", "height"), "sc:Integer"),
    "sha256": "sc:Text",
    **dict.fromkeys(ORIGIN, "sc:Text"),
    "seconds": "sc:Float",
}


class SampleTable:
    """Writes the table row by row; a context manager.

    Args:
        folder: The folder of the export.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def __enter__(self) -> Self:
        self._file = self.path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, list(_KINDS), lineterminator="\n")
        self._writer.writeheader()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, item: Item, file: str) -> None:
        """Add a sample.

        Args:
            item: The sample.
            file: Where its picture is, relative to the export's folder.
        """
        row: dict[str, Any] = {
            "id": item.id,
            "file": file,
            "split": item.split,
            "label": item.label,
            "class": item.number,
            "distribution": json.dumps(item.distribution),
            "width": item.picture.width,
            "height": item.picture.height,
            "sha256": hash_bytes(item.picture.data),
        }
        self._writer.writerow(row | item.origin)


def describe_table() -> dict[str, Any]:
    """The table as a record set of Croissant."""
    resource = {"fileObject": {"@id": NAME}}
    fields = [describe_column("samples", name, resource, kind) for name, kind in _KINDS.items()]
    return {
        "@type": "cr:RecordSet",
        "@id": "samples",
        "name": "samples",
        "description": "A row per picture; distribution is JSON.",
        "key": {"@id": "samples/id"},
        "field": fields,
    }
