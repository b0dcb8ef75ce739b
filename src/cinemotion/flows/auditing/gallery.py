"""What an audit looks at: pictures with a name, a part and a label, one after the other.

    gallery = open_gallery("fer2013.csv")
    for exhibit in gallery.exhibits():
        exhibit.name, exhibit.part, exhibit.label, len(exhibit.data)

Folders, archives and tables come through the sources that ``cinemotion import`` reads, datasets
and frozen versions through their own readers. Pictures are streamed; to show some of them again,
``exhibits(only={…})`` reads those alone. A new kind of thing to audit is a class like
:class:`Gallery`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.header import is_dataset
from cinemotion.dataset.reference import split_reference
from cinemotion.dataset.sources.parts import OTHER, UNASSIGNED, WHOLE, find_layout, part_named, tidy
from cinemotion.dataset.sources.registry import open_source
from cinemotion.dataset.sources.source import Source
from cinemotion.dataset.versions import Version
from cinemotion.flows.labelling.labels import resolve_labels

_TREES = ("folder", "zip", "tar", "imagefolder")
_BATCH = 64  # pictures read from a store at a time


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture as it came.

    Attributes:
        name: Its path inside the source, or its sample's id; unique in the gallery.
        part: Its part of the split.
        label: Its class, or ``None``.
        data: The bytes of its file; empty where there is a ``problem``.
        problem: Why there are no bytes.
        note: What people would call it, where the name is an id.
    """

    name: str
    part: str
    label: str | None
    data: bytes = b""
    problem: str | None = None
    note: str | None = None


class Gallery(Protocol):
    """Pictures to audit.

    Attributes:
        kind: What it is, in a word.
        total: How many exhibits there are.
        ignored: How many files are no pictures by their names.
    """

    kind: str
    total: int
    ignored: int

    def exhibits(self, only: Container[str] | None = None) -> Iterator[Exhibit]:
        """All pictures, or those named in ``only``, always in the same order."""


def open_gallery(targets: Sequence[Path | str]) -> Gallery:
    """Open what a user named: one thing of any kind, or several tables and archives.

    Raises:
        CinemotionError: There is nothing to audit, or it cannot be read.
    """
    if not targets:
        raise BadInputError("nothing to audit; name a folder, an archive, a table or a dataset")
    if len(targets) > 1:
        return Several([SourceGallery(open_source(Path(target))) for target in targets])
    path, version = split_reference(str(targets[0]))
    if version is not None:
        return StoredGallery(open_dataset(path, version))
    if is_dataset(path):
        return StoredGallery(open_dataset(path))
    if not path.exists():
        raise BadInputError(f"{path}: there is no such file or folder")
    return SourceGallery(open_source(path))


class SourceGallery:
    """The pictures of a folder, an archive or a table."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._names = source.names()
        self._layout = find_layout(self._names) if source.kind in _TREES else None
        named = any(part_named(name.split("/")[0]) for name in self._names)
        self._rest = OTHER if named else WHOLE  # the part of a row that names none
        self.kind = source.kind
        self.total = len(self._names)
        self.ignored = len(source.remarks.left_out)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._source.path

    def exhibits(self, only: Container[str] | None = None) -> Iterator[Exhibit]:
        """See :meth:`Gallery.exhibits`."""
        for member in self._source.members(_Others(only)):
            part, label = self._place(member.name, member.label)
            yield Exhibit(_text(member.name), part, label, member.data, member.problem)

    def _place(self, name: str, label: str | None) -> tuple[str, str | None]:
        found = None if label is None else tidy(_text(label))
        if self._layout is None:
            return part_named(name.split("/")[0]) or self._rest, found
        place = self._layout.place(_text(name))
        # A metadata file knows better than the folders.
        return place.part, found if self.kind == "imagefolder" else place.label


class Several:
    """Several sources as one gallery; a file that is named for a part is that part."""

    def __init__(self, galleries: Sequence[SourceGallery]) -> None:
        self._galleries = galleries
        self.kind = " and ".join(sorted({gallery.kind for gallery in galleries}))
        self.total = sum(gallery.total for gallery in galleries)
        self.ignored = sum(gallery.ignored for gallery in galleries)

    def exhibits(self, only: Container[str] | None = None) -> Iterator[Exhibit]:
        """See :meth:`Gallery.exhibits`."""
        for gallery in self._galleries:
            prefix = f"{_text(str(gallery.path))}/"
            own = part_named(gallery.path.stem)
            for exhibit in gallery.exhibits(only and _Prefixed(only, prefix)):
                part = own if own and exhibit.part == WHOLE else exhibit.part
                yield replace(exhibit, name=prefix + exhibit.name, part=part)


class StoredGallery:
    """The kept samples of a dataset, or of a frozen version; unreadable ones have a problem."""

    def __init__(self, store: Dataset | Version) -> None:
        self._store = store
        self.kind = "version" if isinstance(store, Version) else "dataset"
        rows = _version_rows(store) if isinstance(store, Version) else _dataset_rows(store)
        bad = pl.col("reason").str.starts_with("unreadable").fill_null(False)
        kept = pl.col("status") == "kept"
        self._rows = rows.filter(kept | bad).select(
            "id",
            pl.col("split").fill_null(UNASSIGNED if rows["split"].count() else WHOLE),
            "label",
            problem=pl.when(bad).then(pl.col("reason").str.strip_prefix("unreadable: ")),
            note=pl.coalesce(
                "member", pl.format("{} at {} s", "title", pl.col("seconds").round(2))
            ),
        )
        self.total = self._rows.height
        self.ignored = 0

    def exhibits(self, only: Container[str] | None = None) -> Iterator[Exhibit]:
        """See :meth:`Gallery.exhibits`."""
        rows = [row for row in self._rows.rows() if only is None or row[0] in only]
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            readable = [id for id, _, _, problem, _ in batch if problem is None]
            data = dict(zip(readable, self._store.encoded(readable), strict=True))
            for id, part, label, problem, note in batch:
                yield Exhibit(id, part, label, data.get(id, b""), problem, note)


_SHOWN = ("id", "status", "reason", "member", "title", "seconds")


def _version_rows(version: Version) -> pl.DataFrame:
    return version.samples().select(*_SHOWN, "split", "label")


def _dataset_rows(dataset: Dataset) -> pl.DataFrame:
    samples = dataset.samples().select(_SHOWN)
    labels = resolve_labels(dataset).select("id", "label")
    assigned = read_assignment(dataset.store)
    rows = samples.join(labels, on="id", how="left")
    if assigned is None:
        return rows.with_columns(split=pl.lit(None, pl.String))
    sides = assigned[0].select("id", "split", bridge="reason")
    # A twin of two sides is on none: the next version leaves it out.
    return rows.join(sides, on="id", how="left").filter(pl.col("bridge").is_null())


@dataclass(frozen=True, slots=True)
class _Others:
    """Everything but the names that are wanted: what a source may skip."""

    wanted: Container[str] | None

    def __contains__(self, name: object) -> bool:
        return self.wanted is not None and _text(str(name)) not in self.wanted


@dataclass(frozen=True, slots=True)
class _Prefixed:
    """Names that are wanted once they carry a prefix."""

    wanted: Container[str]
    prefix: str

    def __contains__(self, name: object) -> bool:
        return f"{self.prefix}{name}" in self.wanted


def _text(name: str) -> str:
    """A file's name as text; bytes that are none are spelled out."""
    return name.encode("utf-8", "backslashreplace").decode()
