"""The versions of a dataset in their order, and how to go back to one.

list_versions("dataset")             # a row per version, the oldest first
checkout("dataset", "v1")            # its split is the working split again
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.dataset.assignment import BRIDGES, write_assignment
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import (
    Version,
    open_version,
    put_head,
    read_head,
    read_tags,
    version_ids,
    versions_lock,
)


def list_versions(dataset: Path | str) -> list[dict[str, Any]]:
    """A row per version, parents before their children.

    Returns:
        ``id``, ``tags``, ``messages`` (by tag), ``parent``, ``head`` (whether the next version
        follows it), ``kept``, ``classes`` (how many), ``leakage`` (the reason why it was
        allowed, or null), ``redacted`` (how many samples were forgotten since).
    """
    store = Store.open(Path(dataset))
    head, tags = read_head(store.path), read_tags(store.path)
    rows = []
    for version in _in_order([Version(store, id) for id in version_ids(store.path)]):
        record = version.record
        named = {tag: to["message"] for tag, to in tags.items() if to["id"] == version.id}
        rows.append(
            {
                "id": version.id,
                "tags": sorted(named),
                "messages": named,
                "parent": record["parent"],
                "head": version.id == head,
                "kept": record["statuses"]["kept"],
                "classes": len(version.classes),
                "leakage": record["allowed_leakage"],
                "redacted": len(version.redacted),
            }
        )
    return rows


def checkout(dataset: Path | str, name: str) -> Version:
    """Make a version's split the working split, and the version the parent of the next one.

    Pictures, labels and duplicates stay as they are now: samples that came in since have no side
    until the next split, which leaves the others where they are.

    Raises:
        DatasetError: There is no such version.
    """
    version = open_version(dataset, name)
    with versions_lock(version.store):
        here = Dataset(version.store).samples().select("id")
        samples = version.samples().join(here, on="id", how="semi")
        bridges = pl.col("reason") == BRIDGES
        placed = samples.filter(pl.col("split").is_not_null() | bridges)
        rows = placed.with_columns(reason=pl.when(bridges).then("reason"))
        write_assignment(version.store, rows, version.record["recipe"]["split"])
        put_head(version.path, version.id)
    return version


def _in_order(versions: list[Version]) -> list[Version]:
    """Parents before children, and of equal descent by id."""
    parents = {version.id: version.record["parent"] for version in versions}

    def depth(id: str | None) -> int:
        steps = 0
        while id is not None:
            id, steps = parents.get(id), steps + 1
        return steps

    return sorted(versions, key=lambda version: (depth(version.id), version.id))
