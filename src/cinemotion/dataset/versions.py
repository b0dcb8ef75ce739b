"""Frozen versions: what a dataset held at one moment, for good.

    version = open_version("dataset", "v1")         # a tag, an id, or the start of one
    train = version.samples().filter(pl.col("split") == "train", pl.col("status") == "kept")
    version.images(train["id"])                     # uint8 RGB arrays
    version.classes                                 # ("angry", "happy", …), pinned
    version.record["proof"]

A version never changes, with one exception: samples of a film that was forgotten have the status
``redacted``, and no picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.types import Image
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.manifest import put_json, read_json, read_rows, version_folder
from cinemotion.dataset.store import Store

REDACTED = "redacted"
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ID = re.compile(r"[0-9a-f]{6,64}")


class Version:
    """A frozen version, opened for reading; see the module's docstring.

    Args:
        store: The dataset that it is a version of.
        id: Its full id.
    """

    def __init__(self, store: Store, id: str) -> None:
        self.store = store
        self.id = id

    @property
    def path(self) -> Path:
        """The dataset's folder."""
        return self.store.path

    @property
    def folder(self) -> Path:
        """Where the version lies."""
        return version_folder(self.path, self.id)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that point here, sorted."""
        return tuple(tag for tag, to in read_tags(self.path).items() if to["id"] == self.id)

    @cached_property
    def record(self) -> dict[str, Any]:
        """What is written of it; see docs/versions.md.

        ``id``, ``content``, ``parent``, ``classes``, ``labels``, ``recipe``, ``counts`` (split ×
        class), ``statuses``, ``votes``, ``proof``, ``allowed_leakage``; ``films`` and ``sources``
        with their rights; ``redacted``, the number of samples that were forgotten since.
        """
        notes = read_json(self.folder / "notes.json")
        return read_json(self.folder / "version.json") | notes | {REDACTED: len(self.redacted)}

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes: a label's number is its place here."""
        return tuple(self.record["classes"])

    @property
    def annotators(self) -> tuple[str, ...]:
        """Who gave the labels, where it was frozen for some annotators alone; else nobody."""
        return tuple(self.record["recipe"].get("labels", {}).get("annotators") or ())

    @cached_property
    def redacted(self) -> frozenset[str]:
        """The ids of the samples that were forgotten since."""
        path = self.folder / "redactions.json"
        return frozenset(read_json(path)["samples"]) if path.exists() else frozenset()

    def manifest(self) -> pl.DataFrame:
        """What the id covers, and the reasons; the same for ever."""
        return read_rows(self.folder / "manifest.parquet")

    def samples(self) -> pl.DataFrame:
        """One row per sample, ordered by id.

        Columns: ``id``; ``pixels`` (SHA-256 of shape and RGB bytes, null where unreadable);
        ``split`` (null where it has none); ``status`` (``kept``, ``rejected`` or ``redacted``)
        and ``reason``; ``label`` (null without votes, on a tie, and outside the classes);
        ``distribution`` (float64 shares over ``record["labels"]``, sum 1, or null); the groups
        ``film``, ``scene``, ``character``, ``shot``, ``track``; ``source``, ``member``,
        ``title``, ``seconds``; ``key``, of the group that the split kept together.
        """
        gone = pl.col("id").is_in(list(self.redacted))
        origins = read_rows(self.folder / "origins.parquet")
        return (
            self.manifest()
            .join(origins, on="id", how="left")
            .with_columns(
                status=pl.when(gone).then(pl.lit(REDACTED)).otherwise("status"),
                reason=pl.when(gone).then(pl.lit("forgotten")).otherwise("reason"),
            )
            .sort("id")
        )

    def images(self, ids: Sequence[str]) -> list[Image]:
        """The pictures of samples: uint8 ``(H, W, 3)`` RGB, in the order asked for.

        Raises:
            DatasetError: A sample was forgotten, or the dataset no longer holds it.
        """
        return self._dataset.images(self._held(ids))

    def encoded(self, ids: Sequence[str]) -> list[bytes]:
        """The same as the bytes of image files."""
        return self._dataset.encoded(self._held(ids))

    @cached_property
    def _dataset(self) -> Dataset:
        return Dataset(self.store)

    def _held(self, ids: Sequence[str]) -> list[str]:
        """The ids as a list, if none was forgotten: a film that is built again is not the same."""
        wanted = list(ids)
        if gone := self.redacted.intersection(wanted):
            raise DatasetError(
                f"{len(gone)} of {len(wanted)} samples of version {self.id[:12]} were forgotten; "
                "ask for those whose status is not 'redacted'"
            )
        return wanted


def open_version(path: Path | str, name: str) -> Version:
    """Open a frozen version.

    Args:
        path: The dataset's folder.
        name: A tag, an id, or at least the first six digits of one.

    Raises:
        DatasetError: The folder holds no dataset, or no such version.
    """
    store = Store.open(Path(path))
    tags = read_tags(store.path)
    if name in tags:
        return Version(store, tags[name]["id"])
    found = [id for id in version_ids(store.path) if _ID.fullmatch(name) and id.startswith(name)]
    if len(found) > 1:
        raise DatasetError(f"{name} begins the ids of {len(found)} versions; write more of it")
    if not found:
        known = ", ".join(tags) or "none"
        raise DatasetError(
            f"{path} has no version {name!r}; its tags: {known} (cinemotion versions {path})"
        )
    return Version(store, found[0])


def version_ids(dataset: Path) -> list[str]:
    """The ids of all versions, sorted."""
    return sorted(file.parent.name for file in (dataset / "versions").glob("*/version.json"))


def read_tags(dataset: Path) -> dict[str, dict[str, Any]]:
    """Every tag with the ``id`` that it points to and its ``message``, sorted by name."""
    files = sorted((dataset / "tags").glob("*.json"))
    return {file.stem: read_json(file) for file in files}


def check_tag(tag: str) -> None:
    """Refuse a tag that cannot be a name.

    Raises:
        BadInputError: It has other signs than letters, digits, ``.``, ``_`` and ``-``, or could
            be taken for an id.
    """
    if not _TAG.fullmatch(tag) or _ID.fullmatch(tag):
        raise BadInputError(
            f"{tag!r} cannot be a tag; use letters, digits, '.', '_' and '-' (and no bare id), "
            "for instance v1"
        )


def refuse_taken(dataset: Path, tag: str, id: str) -> None:
    """Refuse a tag that points to another version than this one.

    Raises:
        BadInputError: It does.
    """
    there = read_tags(dataset).get(tag)
    if there is not None and there["id"] != id:
        raise BadInputError(
            f"the tag {tag} points to {there['id'][:12]}, and what would be frozen now is "
            f"{id[:12]}; choose another tag"
        )


def put_tag(dataset: Path, tag: str, id: str, message: str) -> None:
    """Let a tag point to a version."""
    put_json(dataset, dataset / "tags" / f"{tag}.json", {"id": id, "message": message})


def read_head(dataset: Path) -> str | None:
    """The id of the version that the next one follows, or ``None``."""
    path = dataset / "HEAD"
    return str(read_json(path)["id"]) if path.exists() else None


def put_head(dataset: Path, id: str) -> None:
    """Let the next version follow this one."""
    put_json(dataset, dataset / "HEAD", {"id": id})


def versions_lock(store: Store) -> FileLock:
    """The lock of all that makes or changes versions; one at a time."""
    return FileLock(store.path / ".locks" / "versions.lock")
