"""How the files of an export are laid out, as its metadata and its card describe them.

A format writes files into a folder and returns a :class:`Layout`; ``write.py`` adds the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cinemotion.core.hashing import hash_file
from cinemotion.dataset.export.content import Content

FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a format wrote.

    Attributes:
        loading: Python that loads it, for the card.
        distribution: Croissant's resources: the files, with their hashes, and sets of files.
        records: Croissant's record sets, apart from that of the classes.
        data_files: Which files hold a split, as patterns, where Hugging Face's ``datasets``
            needs to be told.
    """

    loading: str
    distribution: list[dict[str, Any]]
    records: list[dict[str, Any]]
    data_files: Mapping[str, str] = field(default_factory=dict)


class Exporter(Protocol):
    """Writes a version in one format; registered by name in ``write.EXPORTS``."""

    def __call__(self, content: Content, folder: Path, *, shard_bytes: int) -> Layout:
        """Write the pictures and labels.

        Args:
            content: What to write.
            folder: An empty folder.
            shard_bytes: A file that holds many pictures ends before it grows larger than this,
                but holds at least one.
        """
        ...


def describe_file(path: Path, folder: Path) -> dict[str, Any]:
    """A file as Croissant describes it: where it is, how large, its hash."""
    name = path.relative_to(folder).as_posix()
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": FORMATS[path.suffix],
        "sha256": hash_file(path),
    }


def describe_column(
    record: str, column: str, resource: Mapping[str, Any], kind: str, *, repeated: bool = False
) -> dict[str, Any]:
    """A column of a table as Croissant describes it.

    Args:
        record: The record set that it belongs to.
        column: Its name.
        resource: Where it is: ``{"fileObject": {"@id": …}}`` or ``{"fileSet": {"@id": …}}``.
        kind: What it holds, for instance ``sc:Text``.
        repeated: Whether each value is a list.
    """
    source = {**resource, "extract": {"column": column}}
    many = {"repeated": True} if repeated else {}
    return {
        "@type": "cr:Field",
        "@id": f"{record}/{column}",
        "name": column,
        "dataType": kind,
        "source": source,
        **many,
    }
