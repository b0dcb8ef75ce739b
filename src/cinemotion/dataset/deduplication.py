"""What ``cinemotion dedup`` decided: the twins, the settings, and what it covered.

    write_twins(store, twins, settings, covered)
    dedup_settings(store)                    # {"phash": 6, …}, or None: never done
    uncovered(dataset)                       # how many kept samples came in since

The note is written after the table that it vouches for, and taken away before: a run that was
killed in between leaves a dataset that says it needs ``dedup``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import DUPLICATES

_FILE = "dedup.json"


def write_twins(
    store: Store, twins: pl.DataFrame, settings: dict[str, Any], covered: dict[str, int]
) -> None:
    """Replace what earlier runs decided.

    Args:
        store: The dataset.
        twins: ``id``, ``keeper``, ``kind``, ``distance``; members of groups only.
        settings: JSON that says how the twins were found.
        covered: What :func:`owners` said of the samples that took part.

    Raises:
        DatasetError: The files cannot be written.
    """
    path = store.path / _FILE
    draft = store.path / ".locks" / f"draft-{_FILE}-{os.getpid()}"
    text = json.dumps({"settings": settings, "covered": covered}, indent=2, sort_keys=True)
    try:
        with FileLock(store.path / ".locks" / "dedup.lock"):  # table and note are of one run
            path.unlink(missing_ok=True)
            store.overwrite("duplicates", twins.select(DUPLICATES.names).to_arrow())
            draft.write_text(text + "\n", encoding="utf-8")
            draft.replace(path)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error}; run cinemotion dedup again") from error
    finally:
        draft.unlink(missing_ok=True)


def dedup_settings(store: Store) -> dict[str, Any] | None:
    """The settings of the last ``dedup`` that finished, or ``None`` where there is none.

    Raises:
        DatasetError: The note is there and cannot be read.
    """
    note = _read(store.path / _FILE)
    return None if note is None else note["settings"]


def uncovered(dataset: Dataset) -> int:
    """How many kept samples no ``dedup`` has looked at.

    Raises:
        DatasetError: The note is there and cannot be read.
    """
    note = _read(dataset.path / _FILE)
    known = {} if note is None else note["covered"]
    now = owners(kept_samples(dataset))
    return sum(max(0, count - known.get(owner, 0)) for owner, count in now.items())


def kept_samples(dataset: Dataset) -> pl.DataFrame:
    """The samples that builds and imports kept, twins or not, sorted by ``id``.

    Columns: ``id``; ``quality``; ``owner``: a string for the film and recipe, or the import, that
    the sample came in with; ``title``: its name for people.
    """
    facts = dataset.table("facts", ["id", "film", "recipe", "quality", "status"])
    facts = facts.filter(pl.col("status") == "kept")
    films = dataset.table("films", ["film", "recipe", "title"])
    stills = dataset.table("stills", ["id", "source"])
    return (
        facts.join(films, on=["film", "recipe"], how="left")
        .join(stills, on="id", how="left")
        .select(
            "id",
            "quality",
            owner=pl.coalesce("source", pl.concat_str("film", "recipe", separator="/")),
            title=pl.coalesce("source", "title"),
        )
        .sort("id")
    )


def pictures(dataset: Dataset) -> pl.DataFrame:
    """Which picture each sample of :func:`kept_samples` shows: ``id``, and ``picture``.

    That is the id of the twin that is kept, and without twins its own.
    """
    twins = dataset.table("duplicates", ["id", "keeper", "kind"])
    twins = twins.filter(pl.col("kind").is_in(["exact", "near"]))
    shown = kept_samples(dataset).select("id").join(twins, on="id", how="left")
    return shown.select("id", picture=pl.coalesce("keeper", "id"))


def owners(samples: pl.DataFrame) -> dict[str, int]:
    """How many samples came in with each film or import."""
    return dict(samples.group_by("owner").len().sort("owner").iter_rows())


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return {"settings": dict(note["settings"]), "covered": dict(note["covered"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"cannot read {path}: {error}; run cinemotion dedup again to write it anew"
        ) from error
