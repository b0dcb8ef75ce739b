"""Clusters and runs as CSV files, for spreadsheets.

write_clusters(clustering, Path("clusters.csv"))    # id, cluster, split, label, film, …
write_csv(runs, Path("runs.csv"))
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from cinemotion.core.writing import replacing

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering

_ORIGIN = ("split", "label", "film", "scene", "character", "shot", "track", "title", "seconds")


def write_clusters(clustering: Clustering, out: Path) -> None:
    """Write a row per sample, ordered by cluster and id.

    Raises:
        BadInputError: The file cannot be written.
    """
    rows = clustering.table.samples.select(
        "id", pl.Series("cluster", clustering.clusters), *_ORIGIN
    )
    write_csv(rows.sort("cluster", "id"), out)


def write_csv(rows: pl.DataFrame, out: Path) -> None:
    """Write a table in one step.

    Raises:
        BadInputError: The file cannot be written.
    """
    with replacing(out) as draft:
        draft.write_text(rows.write_csv(), encoding="utf-8")
