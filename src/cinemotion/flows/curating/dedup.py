"""Find the twins of a dataset and decide which sample of each group is kept.

    report = dedup(open_dataset("dataset"), per_track=5)
    report.exact.copies, report.near.copies, report.track_limit, report.kept

Exact twins have equal pixels. Near twins have hashes within the limits of `Nearness`. The best
sample of a group is kept, wherever it comes from; the others stay in the dataset as rejected
rows that name it. A picture that many films share is thereby one kept sample of one film, and
ties nothing else of these films together. No two kept samples are twins of each other.

Every run starts from what the builds and imports decided and replaces what earlier ones said.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.curate.embeddings import Embeddings
from cinemotion.curate.neighbours import Nearness
from cinemotion.curate.twins import settle_twins
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.deduplication import kept_samples, owners, write_twins
from cinemotion.dataset.levels import levels
from cinemotion.flows.curating.fingerprints import Progress, ensure_fingerprints

__all__ = ["DedupReport", "Embeddings", "Nearness", "Twins", "dedup"]


@dataclass(frozen=True, slots=True)
class Twins:
    """Groups of one kind.

    Attributes:
        groups: How many there are.
        copies: How many samples they have beyond one each.
        across_films: How many of the groups have members of several films or imports.
    """

    groups: int
    copies: int
    across_films: int


@dataclass(frozen=True, slots=True)
class DedupReport:
    """What a run decided.

    Attributes:
        samples: Samples that took part: what builds and imports kept.
        kept: Samples that are kept now.
        exact: Groups of equal pixels.
        near: Groups of near twins, each of different pixels.
        track_limit: Samples rejected because their track had enough.
        films: Per film or import: ``title``, ``samples``, ``kept``, and how many were rejected
            as ``exact_twin``, ``near_twin`` and by ``track_limit``.
        settings: What the run was told.
    """

    samples: int
    kept: int
    exact: Twins
    near: Twins
    track_limit: int
    films: list[dict[str, Any]]
    settings: dict[str, Any]


def dedup(
    dataset: Dataset,
    *,
    near: Nearness | None = None,
    per_track: int | None = None,
    embeddings: Embeddings | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> DedupReport:
    """Group the twins of a dataset and record which sample of each group is kept.

    Args:
        dataset: An open dataset.
        near: The limits of nearness; without it, the defaults.
        per_track: Keep at most so many samples of a track, those that differ most.
        embeddings: Vectors that have the last word on pictures whose hashes are near.
        dry_run: Report only; the dataset stays as it is, but for fingerprints.
        progress: Told how many pictures without fingerprint are done, of how many.

    Raises:
        BadInputError: ``per_track`` is less than 1.
    """
    if per_track is not None and per_track < 1:
        raise BadInputError(f"a track keeps 1 sample or more, got {per_track}")
    near = near or Nearness()
    settings = {**asdict(near), "per_track": per_track}
    if embeddings is not None:
        settings |= {"embedding": embeddings.name, "cosine": embeddings.limit}
    samples = _samples(dataset, ensure_fingerprints(dataset, progress))
    confirm = None if embeddings is None else embeddings.confirm(samples["id"])
    twins = settle_twins(samples, near, per_track=per_track, confirm=confirm)
    if not dry_run:
        write_twins(dataset.store, twins, settings, owners(samples))
    return _report(samples, twins, settings)


def _samples(dataset: Dataset, prints: pl.DataFrame) -> pl.DataFrame:
    """What takes part, with all that the decision needs, sorted by id."""
    tracks = levels(dataset).select("id", "track")
    kept = kept_samples(dataset).join(prints, on="id", how="inner")
    return kept.join(tracks, on="id", how="left").sort("id")


def _report(samples: pl.DataFrame, twins: pl.DataFrame, settings: dict[str, Any]) -> DedupReport:
    table = samples.join(twins, on="id", how="left").with_columns(
        keeper=pl.col("keeper").fill_null(pl.col("id"))
    )
    kept = pl.col("keeper") == pl.col("id")
    rejected = {
        reason: (~kept & (pl.col("kind") == kind)).sum()
        for kind, reason in (
            ("exact", "exact_twin"),
            ("near", "near_twin"),
            ("track", "track_limit"),
        )
    }
    films = (
        table.group_by("owner", "title")
        .agg(samples=pl.len(), kept=kept.sum(), **rejected)
        .sort("title", "owner")
        .drop("owner")
    )
    # Of several samples with equal pixels, one counts among near twins.
    alike = table.filter(kept | (pl.col("kind") == "near")).unique(["keeper", "pixels"])
    return DedupReport(
        samples=table.height,
        kept=table.select(kept.sum()).item(),
        exact=_count(table, "pixels"),
        near=_count(alike, "keeper"),
        track_limit=int(films["track_limit"].sum()),
        films=films.to_dicts(),
        settings=settings,
    )


def _count(table: pl.DataFrame, key: str) -> Twins:
    groups = table.group_by(key).agg(copies=pl.len() - 1, films=pl.col("owner").n_unique())
    groups = groups.filter(pl.col("copies") > 0)
    across = groups.filter(pl.col("films") > 1)
    return Twins(groups.height, int(groups["copies"].sum()), across.height)
