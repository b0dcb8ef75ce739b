"""``samples.csv``: a row per exported picture file, with its label, origin and hash.

    with SampleTable(folder) as table:
        table.add_item(item, "train/happy/3f….png")

The formats that hold loose pictures or archives have it; it also vouches for their bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cinemotion.core.hashing import hash_bytes
from cinemotion.dataset.export.content import ORIGIN, Item
from cinemotion.dataset.export.layout import describe_column
from cinemotion.dataset.sheets import SheetWriter

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


class SampleTable(SheetWriter):
    """Writes the table row by row; a context manager.

    Args:
        folder: The folder of the export.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / NAME, list(_KINDS))

    def add_item(self, item: Item, file: str) -> None:
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
        self.add(row | item.origin)


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
