"""What a split starts from: samples with their groups, labels and twins, and the sides they had.

state = read_state(dataset, sides=("train", "val", "test"), near=Nearness(), keep=True)
state.samples        # by id: keys of the levels, fingerprints, label, kept
state.old            # their sides in the earlier split
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from cinemotion.core.emotions import ANSWERS, in_order
from cinemotion.core.errors import DatasetError
from cinemotion.curate.forest import Rows
from cinemotion.curate.neighbours import Nearness
from cinemotion.curate.splits import FREE
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.deduplication import dedup_settings, pictures, uncovered
from cinemotion.flows.labelling.groups import group_keys
from cinemotion.flows.labelling.labels import resolve_labels
from cinemotion.flows.splitting.ties import Pairs, find_twins

_PRINTS = ("pixels", "phash", "dhash", "deviation")


@dataclass(frozen=True, slots=True)
class State:
    """The dataset as the split finds it. ``n`` samples, sorted by id.

    Attributes:
        samples: ``id``; the keys of all levels; ``pixels``, ``phash``, ``dhash``,
            ``deviation``; ``label``, null where it is no class; ``was``, the side in the earlier
            split; ``kept``. Those that are not kept had a side before, and hold their groups to
            it; they have no fingerprint here, and no twin.
        classes: The labels of kept samples, in the pinned order.
        old: int64 ``(n,)``, the sides to keep, or FREE.
        twins: Pairs of rows that connect all twins.
        heirs: Pairs of rows: a sample that had a side and was rejected as a twin, and a new one
            that is kept in its place.
        shown: ``id``, the keys of all levels and ``picture``, of all that was ever compared.
        earlier: The settings of the split to keep, or ``None``.
        compared: Whether ``cinemotion dedup`` was ever run.
        uncovered: How many kept samples came in after its last run.
    """

    samples: pl.DataFrame
    classes: tuple[str, ...]
    old: Rows
    twins: Pairs
    heirs: Pairs
    shown: pl.DataFrame
    earlier: dict[str, Any] | None
    compared: bool
    uncovered: int


def read_state(
    dataset: Dataset,
    *,
    sides: Sequence[str],
    near: Nearness,
    keep: bool,
    annotators: Sequence[str] | None = None,
) -> State:
    """Read what a split starts from, in one state of the dataset.

    Args:
        dataset: The dataset; its fingerprints are complete.
        sides: The names of the sides to come.
        near: When two pictures are near twins.
        keep: Whether the earlier split stands.
        annotators: Whose votes count; without it, everybody's.

    Raises:
        DatasetError: No sample is kept, or the earlier split to keep has other sides.
    """
    with dataset.store.still():
        samples = dataset.samples().select("id", kept=pl.col("status") == "kept")
        keys = group_keys(dataset)
        labels = resolve_labels(dataset, annotators=annotators).select("id", "label")
        prints = dataset.table("fingerprints", ("id", *_PRINTS)).unique("id")
        shown = keys.join(pictures(dataset), on="id")
        compared = dedup_settings(dataset.store) is not None
        late = uncovered(dataset) if compared else 0
    found = read_assignment(dataset.store)
    was, settings = found if found else (_no_sides(), None)
    kept = pl.col("kept")
    samples = (
        samples.join(was.select("id", was="split"), on="id", how="left")
        .filter(kept | pl.col("was").is_not_null())
        .join(keys, on="id", how="left")
        .join(prints, on="id", how="left")
        .join(labels, on="id", how="left")
        .with_columns(pl.when(kept).then(name) for name in _PRINTS)
        .with_columns(label=pl.when(kept & ~pl.col("label").is_in(ANSWERS)).then("label"))
        .sort("id")
    )
    if not samples["kept"].any():
        raise DatasetError(f"{dataset.path} has no kept sample to split; build or import first")
    return State(
        samples=samples,
        classes=in_order(set(samples["label"].drop_nulls())),
        old=_codes(dataset, samples["was"], sides) if keep else np.full(samples.height, FREE),
        twins=find_twins(samples, near),
        heirs=_heirs(samples, shown),
        shown=shown,
        earlier=settings if keep else None,
        compared=compared,
        uncovered=late,
    )


def _no_sides() -> pl.DataFrame:
    return pl.DataFrame(schema={"id": pl.String, "split": pl.String})


def _heirs(samples: pl.DataFrame, shown: pl.DataFrame) -> Pairs:
    """Rows of rejected samples that had a side, and those of the new ones kept in their place."""
    rows = samples.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    gone = rows.filter(~pl.col("kept")).join(shown.select("id", "picture"), on="id")
    new = rows.filter(pl.col("kept") & pl.col("was").is_null()).select("row", picture="id")
    found = gone.join(new, on="picture", suffix="_new")
    return found["row"].to_numpy(), found["row_new"].to_numpy()


def _codes(dataset: Dataset, was: pl.Series, sides: Sequence[str]) -> Rows:
    """The number of each side, FREE for null."""
    others = sorted(set(was.drop_nulls()) - set(sides))
    if others:
        raise DatasetError(
            f"{dataset.path} is split into {', '.join(others)} and not into {', '.join(sides)}; "
            "--rebalance places every group anew"
        )
    numbers = {side: number for number, side in enumerate(sides)}
    return was.replace_strict(numbers, default=FREE, return_dtype=pl.Int64).to_numpy()
