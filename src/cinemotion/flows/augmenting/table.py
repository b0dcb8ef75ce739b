"""``augmented.csv``: a row per copy, with the sample that it was made from.

with CopyTable(folder, settings) as table:
    table.add_copy(parent, 1, "train/happy/3f…-aug1.png", data)
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cinemotion.core.hashing import hash_bytes
from cinemotion.dataset.export.layout import Layout, describe_column, describe_file
from cinemotion.dataset.export.table import NAME as SAMPLES
from cinemotion.dataset.sheets import SheetWriter
from cinemotion.flows.augmenting.settings import AugmentSettings

NAME = "augmented.csv"

_KINDS = {
    **dict.fromkeys(("file", "parent", "split", "label"), "sc:Text"),
    "class": "sc:Integer",
    "policy": "sc:Text",
    **dict.fromkeys(("seed", "copy"), "sc:Integer"),
    "sha256": "sc:Text",
}
_NAMES = "The name without its suffix is the sample's id; a copy's goes on with -aug and a number."

Row = Mapping[str, str]
"""Of ``samples.csv``."""


class CopyTable(SheetWriter):
    """Writes the table row by row; a context manager.

    Args:
        folder: The folder of the export.
        settings: How the copies are made.
    """

    def __init__(self, folder: Path, settings: AugmentSettings) -> None:
        super().__init__(folder / NAME, list(_KINDS))
        self._settings = settings

    def add_copy(self, parent: Row, copy: int, file: str, data: bytes) -> None:
        """Add a copy.

        Args:
            parent: The sample that it was made from.
            copy: Its number among the copies of the sample, from 1.
            file: Where it is, relative to the export's folder.
            data: The bytes of the file.
        """
        row = {
            "file": file,
            "parent": parent["id"],
            **{name: parent[name] for name in ("split", "label", "class")},
            "policy": self._settings.policy,
            "seed": self._settings.seed,
            "copy": copy,
            "sha256": hash_bytes(data),
        }
        self.add(row)


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of ``samples.csv`` or ``augmented.csv``, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def describe_copies(layout: Layout, folder: Path) -> Layout:
    """The layout of an export to which copies were added.

    Args:
        layout: What was exported as class folders.
        folder: Where, with the table of copies.
    """
    told = {
        "pictures": f"Their hashes are in {SAMPLES}, those of the copies in {NAME}.",
        "pictures_shown": f"The pictures. {_NAMES}",
    }

    def retold(part: dict[str, object]) -> dict[str, object]:
        id = str(part["@id"])
        return {**part, "description": told[id]} if id in told else part

    resource = {"fileObject": {"@id": NAME}}
    fields = [describe_column("copies", name, resource, kind) for name, kind in _KINDS.items()]
    record = {
        "@type": "cr:RecordSet",
        "@id": "copies",
        "name": "copies",
        "description": "A row per augmented copy; parent is the id of the sample it shows.",
        "key": {"@id": "copies/file"},
        "field": fields,
    }
    return replace(
        layout,
        distribution=[describe_file(folder / NAME, folder), *map(retold, layout.distribution)],
        records=[*map(retold, layout.records), record],
    )
