"""What a version is on disk, and how it gets there in one step.

    versions/<id>/manifest.parquet   what the id covers; never changes
    versions/<id>/version.json       the record; never changes
    versions/<id>/origins.parquet    where the samples came from; a forgotten film's rows go
    versions/<id>/notes.json         films and sources with their rights; those rows go too
    versions/<id>/redactions.json    the samples that were forgotten; absent where none were

Names of films and files are kept apart from the manifest, so that ``forget`` can remove them
while the manifest, and with it the id, stays as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import DatasetError

MANIFEST = {
    "id": pl.String,
    "pixels": pl.String,  # SHA-256 of shape and RGB bytes; null where unreadable
    "split": pl.String,
    "status": pl.String,  # kept or rejected
    "reason": pl.String,
    "label": pl.String,
    "distribution": pl.List(pl.Float64),  # shares over the record's labels; null without votes
}
ORIGINS = {
    "id": pl.String,
    **dict.fromkeys(("film", "scene", "character", "shot", "track"), pl.String),
    **dict.fromkeys(("source", "member", "title"), pl.String),
    "seconds": pl.Float64,
    "key": pl.String,  # of the group that the split kept together
}


def write_version(
    dataset: Path,
    id: str,
    *,
    manifest: pl.DataFrame,
    origins: pl.DataFrame,
    record: dict[str, Any],
    notes: dict[str, Any],
) -> None:
    """Put a version in place by one rename; one that is there already keeps its record.

    Args:
        dataset: The dataset's folder.
        id: The version's id.
        manifest: Columns :data:`MANIFEST`, sorted by id.
        origins: Columns :data:`ORIGINS`, sorted by id.
        record: What ``version.json`` says.
        notes: ``films`` and ``sources`` with their rights.
    """
    target = version_folder(dataset, id)
    with draft(dataset, "version") as folder:
        folder.mkdir(parents=True)
        _write_rows(folder / "manifest.parquet", manifest, MANIFEST)
        _write_rows(folder / "origins.parquet", origins, ORIGINS)
        _dump(folder / "version.json", record)
        _dump(folder / "notes.json", notes)
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            folder.rename(target)
        elif (target / "redactions.json").exists():
            # Everything that was forgotten is there again and was frozen again.
            for name in ("origins.parquet", "notes.json"):
                (folder / name).replace(target / name)
            (target / "redactions.json").unlink()


def redact(dataset: Path, id: str, samples: set[str], names: set[str]) -> int:
    """Remove what a version tells of samples beyond their ids, and say that it was removed.

    Safe to run again: what an interrupted run left is completed.

    Args:
        dataset: The dataset's folder.
        id: The version's id.
        samples: Ids of the samples that are forgotten.
        names: Ids of films and names of imports that are forgotten.

    Returns:
        How many of the version's samples are among them.
    """
    folder = version_folder(dataset, id)
    origins = read_rows(folder / "origins.parquet")
    gone = samples.intersection(read_rows(folder / "manifest.parquet")["id"])
    path = folder / "redactions.json"
    before = read_json(path)["samples"] if path.exists() else []
    if gone:
        put_json(dataset, path, {"samples": sorted(gone.union(before))})
        with draft(dataset, "origins") as beside:
            _write_rows(beside, without(origins, gone), ORIGINS)
            beside.replace(folder / "origins.parquet")
    notes = read_json(folder / "notes.json")
    left = {
        "films": [film for film in notes["films"] if film["film"] not in names],
        "sources": [source for source in notes["sources"] if source["name"] not in names],
    }
    if left != notes:
        put_json(dataset, folder / "notes.json", left)
    return len(gone)


def without(rows: pl.DataFrame, samples: set[str]) -> pl.DataFrame:
    """Rows without those of some samples, and without the names that groups have from them.

    The key of a group that twins tied together may be the name of any film in it; where some of
    the group go, the others are named after one of themselves.
    """
    gone = pl.col("id").is_in(list(samples))
    named_after = rows.filter(gone)["key"].unique()
    own = pl.format("sample:{}", pl.col("id").min().over("key"))
    key = pl.when(pl.col("key").is_in(named_after.implode())).then(own).otherwise("key")
    return rows.filter(~gone).with_columns(key=key)


def _write_rows(path: Path, rows: pl.DataFrame, schema: dict[str, Any]) -> None:
    rows.select(pl.col(name).cast(kind) for name, kind in schema.items()).write_parquet(path)


def version_folder(dataset: Path, id: str) -> Path:
    """Where a version lies."""
    return dataset / "versions" / id


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of ours.

    Raises:
        DatasetError: The file is missing or damaged.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read {path}: {error}; restore it from a copy") from error
    return content


def read_rows(path: Path) -> pl.DataFrame:
    """A table of a version.

    Raises:
        DatasetError: The file is missing or damaged.
    """
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        line = " ".join(str(error).split())[:300]
        raise DatasetError(f"cannot read {path}: {line}; restore it from a copy") from error


def put_json(dataset: Path, path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step."""
    with draft(dataset, path.stem) as beside:
        beside.parent.mkdir(exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        _dump(beside, content)
        beside.replace(path)


@contextmanager
def draft(dataset: Path, name: str) -> Iterator[Path]:
    """A path of one's own, out of the readers' way; what is left there at the end is removed."""
    path = dataset / ".locks" / f"draft-{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        yield path
    except OSError as error:
        raise DatasetError(f"cannot write into {dataset}: {error}") from error
    finally:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _dump(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
