"""Clusterings: which sample is in which cluster, below the dataset in ``clusterings/``.

    write_clustering(dataset, "3f…", rows, record)      # one atomic step
    found = read_clustering(dataset, "3f")              # an id, or the start of one
    found.rows                                          # Polars: id, cluster (-1 is noise)
    found.record["settings"]["algorithm"]

``<id>.parquet`` holds the clusters, ``<id>.json`` how they came about and how well they agree with
what is known; it is written last. Neither names a film, so that nothing of a film that is
forgotten stays in them but the ids of its samples, which the manifests of versions keep too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.manifest import draft, put_json, read_json, read_rows

_COLUMNS = {"id": pl.String, "cluster": pl.Int64}
_SHORTEST = 4  # digits of an id that stand for it


@dataclass(frozen=True, slots=True, eq=False)
class StoredClustering:
    """A clustering as it lies in a dataset.

    Attributes:
        id: Its id, 12 hexadecimal digits.
        rows: ``id`` of the sample and ``cluster``: 0 is the largest, -1 is noise; sorted by id.
        record: ``settings`` (with the id of the ``version``), ``scores`` and so on.
    """

    id: str
    rows: pl.DataFrame
    record: dict[str, Any]


def write_clustering(dataset: Path, id: str, rows: pl.DataFrame, record: dict[str, Any]) -> None:
    """Put a clustering in place; one with this id is replaced.

    Args:
        dataset: The dataset's folder.
        id: Its id.
        rows: Columns ``id`` and ``cluster``.
        record: JSON.

    Raises:
        DatasetError: The dataset cannot be written.
    """
    with draft(dataset, "clustering") as beside:
        _folder(dataset).mkdir(exist_ok=True)
        chosen = rows.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
        chosen.sort("id").write_parquet(beside)
        beside.replace(_folder(dataset) / f"{id}.parquet")
    put_json(dataset, _folder(dataset) / f"{id}.json", record)


def read_clustering(dataset: Path, name: str) -> StoredClustering:
    """Read a clustering.

    Args:
        dataset: The dataset's folder.
        name: Its id, or at least the first four digits of it.

    Raises:
        DatasetError: There is no such clustering, or it is damaged.
    """
    ids = clustering_ids(dataset)
    found = [id for id in ids if len(name) >= _SHORTEST and id.startswith(name)]
    if len(found) != 1:
        there = ", ".join(ids) or "none"
        raise DatasetError(
            f"{dataset} has {len(found) or 'no'} clusterings {name!r}; there are: {there} "
            "(cinemotion cluster makes one)"
        )
    id = found[0]
    folder = _folder(dataset)
    rows = read_rows(folder / f"{id}.parquet")
    return StoredClustering(id, rows, read_json(folder / f"{id}.json"))


def clustering_ids(dataset: Path) -> list[str]:
    """The ids of all clusterings of a dataset, sorted."""
    return sorted(file.stem for file in _folder(dataset).glob("*.json"))


def _folder(dataset: Path) -> Path:
    return dataset / "clusterings"
