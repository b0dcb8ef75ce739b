"""Audit any picture data set that is split already: does it leak, contradict itself, break?

    report = audit("fer2013.csv")
    report.exact["test_images_with_training_twin"]
    report.stakes[0].share("near")      # the accuracy that may be remembered, not learned
    report.document()                   # all of it, as JSON

Takes a folder with train, val and test folders (or without), a zip or tar of it, a FER2013 CSV,
Parquet files, a dataset of ours, or a frozen version of one (``dataset@v1``). Nothing is changed
or kept. See docs/audit.md for what the words mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cinemotion.core.emotions import in_order
from cinemotion.core.errors import BadInputError
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.sources.parts import in_part_order
from cinemotion.flows.auditing.gallery import Gallery, open_gallery
from cinemotion.flows.auditing.pairs import find_pairs
from cinemotion.flows.auditing.report import AuditReport, Part, Unreadable
from cinemotion.flows.auditing.scan import Progress, scan
from cinemotion.flows.auditing.stakes import find_stakes
from cinemotion.flows.auditing.twins import count_groups, find_twins

__all__ = ["Nearness", "audit"]  # doors say how near is near

PAIRS = 24  # of each sort


def audit(
    target: Path | str | Sequence[Path | str],
    *,
    near: Nearness | None = None,
    pairs: int = PAIRS,
    progress: Progress | None = None,
) -> AuditReport:
    """Look for leaks, contradictions and unreadable files.

    Args:
        target: What to audit; several tables or archives count as one.
        near: When two pictures are near twins; without it, the limits of ``dedup``.
        pairs: At most so many pairs of each sort are named.
        progress: Told about how many pictures were looked at.

    Raises:
        CinemotionError: There is nothing to audit, or it cannot be read.
    """
    targets = [target] if isinstance(target, Path | str) else list(target)
    gallery = open_gallery(targets)
    pictures = scan(gallery, progress)
    return judge(
        pictures,
        gallery,
        target=" ".join(map(str, targets)),
        near=near or Nearness(),
        pairs=pairs,
    )


def judge(
    pictures: pl.DataFrame, gallery: Gallery, *, target: str, near: Nearness, pairs: int
) -> AuditReport:
    """Draw up the report on pictures that were scanned.

    Args:
        pictures: What :func:`~cinemotion.flows.auditing.scan.scan` returned for the gallery.
        gallery: Where they came from.
        target: What to call it.
        near: When two pictures are near twins.
        pairs: At most so many pairs of each sort are named.

    Raises:
        BadInputError: There is no picture at all.
    """
    if not pictures.height:
        raise BadInputError(f"{target} holds no picture to audit")
    twins = find_twins(pictures, near)
    stakes = find_stakes(twins, near)
    report = AuditReport(
        target=target,
        kind=gallery.kind,
        parts=_parts(pictures),
        classes=in_order(set(pictures["label"].drop_nulls())),
        exact=count_groups(twins, "exact"),
        near=count_groups(twins, "near"),
        stakes=tuple(stakes),
        shelves=tuple(find_pairs(twins, stakes, pairs)),
        unreadable=_unreadable(pictures),
        blank=int(twins["blank"].sum()),
        ignored=gallery.ignored,
        nearness=near,
    )
    stake = report.test_stake
    for figures, kind in ((report.exact, "exact"), (report.near, "near")):
        figures["test_images_with_training_twin"] = int(getattr(stake, kind)) if stake else 0
        figures["test_images"] = stake.pictures if stake else 0
    return report


def _parts(pictures: pl.DataFrame) -> tuple[Part, ...]:
    parts = []
    for name in in_part_order(set(pictures["part"])):
        rows = pictures.filter(pl.col("part") == name)
        readable = rows.filter(pl.col("reason").is_null())
        counts = dict(readable.group_by("label").len().rows())
        parts.append(Part(name, readable.height, rows.height - readable.height, counts))
    return tuple(parts)


def _unreadable(pictures: pl.DataFrame) -> tuple[Unreadable, ...]:
    rows = pictures.filter(pl.col("reason").is_not_null())
    return tuple(Unreadable(*row) for row in rows.select("name", "part", "label", "reason").rows())
