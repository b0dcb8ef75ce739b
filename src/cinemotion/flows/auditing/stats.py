"""What a dataset, or a frozen version of one, holds, in figures.

    subject = open_subject("dataset@v1")
    figures = describe(subject)
    figures["classes"][0]        # {"label": "angry", "kept": 412, "splits": {"train": 290, …}}

The figures are one JSON document (docs/audit.md explains every key);
``flows/auditing/stats_page.py`` makes a page of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cinemotion.core.emotions import in_order
from cinemotion.dataset.levels import LEVELS
from cinemotion.dataset.sources.parts import in_part_order
from cinemotion.dataset.votes import Votes, latest
from cinemotion.flows.auditing.subject import SCORES, Subject

BINS = 20
_TWINS = ("exact", "near", "track")


def describe(subject: Subject) -> dict[str, Any]:
    """All figures of a dataset or version, as JSON."""
    samples, version = subject.samples, subject.version
    kept = samples.filter(pl.col("status") == "kept")
    return {
        "dataset": str(subject.dataset.path),
        "version": version and {"id": version.id, "tags": list(version.tags)},
        "samples": {"total": samples.height, **_counts(samples, "status")},
        "splits": _splits(kept),
        "classes": _classes(kept),
        "origins": _origins(samples),
        "reasons": _reasons(samples),
        "levels": {level: _group_sizes(kept, level) for level in LEVELS},
        "duplicates": _duplicates(subject),
        "quality": _histograms(samples),
        "votes": _votes(subject),
    }


def _counts(samples: pl.DataFrame, column: str) -> dict[str, int]:
    counts = samples[column].drop_nulls().value_counts(sort=True)
    return dict(counts.sort("count", column, descending=[True, False]).rows())


def _splits(kept: pl.DataFrame) -> list[dict[str, Any]]:
    counts = dict(kept.group_by("split").len().rows())
    names: list[str | None] = [*in_part_order({name for name in counts if name is not None})]
    if None in counts:
        names.append(None)
    return [{"split": name, "kept": counts[name]} for name in names]


def _classes(kept: pl.DataFrame) -> list[dict[str, Any]]:
    """Kept samples per label, and of each label per split; unlabelled ones last."""
    counts: dict[tuple[str | None, str | None], int] = {
        (label, split): n for label, split, n in kept.group_by("label", "split").len().rows()
    }
    labels: list[str | None] = [*in_order({label for label, _ in counts if label is not None})]
    if any(label is None for label, _ in counts):
        labels.append(None)
    splits = in_part_order({split for _, split in counts if split is not None})
    return [
        {
            "label": label,
            "kept": sum(n for (name, _), n in counts.items() if name == label),
            "splits": {split: counts.get((label, split), 0) for split in splits},
        }
        for label in labels
    ]


def _origins(samples: pl.DataFrame) -> list[dict[str, Any]]:
    """Per film or import: samples, kept ones, and the shots and tracks that hold them."""
    kept = pl.col("status") == "kept"
    return (
        samples.group_by("origin", "film")
        .agg(
            samples=pl.len(),
            kept=kept.sum(),
            shots=pl.col("shot").filter(kept).drop_nulls().n_unique(),
            tracks=pl.col("track").filter(kept).drop_nulls().n_unique(),
            labelled=pl.col("label").filter(kept).drop_nulls().len(),
        )
        .sort("origin", "film", nulls_last=True)
        .to_dicts()
    )


def _reasons(samples: pl.DataFrame) -> dict[str, int]:
    """Why samples are rejected; what follows a colon is told for single samples only."""
    reasons = samples.filter(pl.col("status") == "rejected").select(
        pl.col("reason").str.split(":").list.first()
    )
    return _counts(reasons, "reason")


def _group_sizes(kept: pl.DataFrame, level: str) -> dict[str, Any]:
    """How many groups of a level there are, and how many kept samples they hold."""
    sizes = kept[level].drop_nulls().value_counts()["count"]
    known = int(sizes.sum())
    figures: dict[str, Any] = {"groups": len(sizes), "samples": known}
    figures["without"] = kept.height - known
    for name, share in (("smallest", 0.0), ("median", 0.5), ("largest", 1.0)):
        figures[name] = int(sizes.quantile(share, "nearest") or 0) if len(sizes) else None
    return figures


def _duplicates(subject: Subject) -> dict[str, dict[str, int]]:
    """Groups of twins, and the samples rejected for another of their group, by kind.

    The groups are those of the dataset; of a version, the reasons alone are on record.
    """
    reasons = _reasons(subject.samples)
    rejected = {
        "exact": reasons.get("exact_twin", 0),
        "near": reasons.get("near_twin", 0),
        "track": reasons.get("track_limit", 0),
    }
    if subject.version is not None:
        return {kind: {"rejected": rejected[kind]} for kind in _TWINS}
    twins = subject.dataset.table("duplicates", ["id", "keeper", "kind"])
    others = twins.filter(pl.col("id") != pl.col("keeper"))
    groups = dict(others.group_by("kind").agg(pl.col("keeper").n_unique()).rows())
    return {
        kind: {"groups": int(groups.get(kind, 0)), "rejected": rejected[kind]} for kind in _TWINS
    }


def _histograms(samples: pl.DataFrame) -> dict[str, Any]:
    """How many kept and rejected samples fall into each of :data:`BINS` bins of every score."""
    edges = np.linspace(0, 1, BINS + 1)
    found: dict[str, Any] = {"edges": edges.tolist()}
    for name in SCORES:
        sides = {}
        for side, rows in (
            ("kept", samples.filter(pl.col("status") == "kept")),
            ("rejected", samples.filter(pl.col("status") == "rejected")),
        ):
            values = rows[name].drop_nulls().drop_nans().to_numpy()
            sides[side] = np.histogram(values, edges)[0].tolist()
        found[name] = sides
    return found


def _votes(subject: Subject) -> dict[str, Any]:
    """Who voted on how many samples, as it stands, or stood when the version was frozen."""
    version = subject.version
    mark = None if version is None else int(version.record["votes"])
    votes = Votes(subject.dataset.path)
    ids = subject.samples.select(sample="id")
    standing = latest(votes.table(mark)).join(ids, on="sample", how="semi")
    annotators = (
        standing.group_by("annotator", "source")
        .agg(samples=pl.col("sample").n_unique(), votes=pl.col("count").sum())
        .sort("samples", "annotator", descending=[True, False])
    )
    several = standing.group_by("sample").agg(pl.col("annotator").n_unique())
    return {
        "samples": several.height,
        "samples_with_several_annotators": several.filter(pl.col("annotator") > 1).height,
        "ranges": len(votes.ranges(mark)),
        "annotators": annotators.to_dicts(),
    }
