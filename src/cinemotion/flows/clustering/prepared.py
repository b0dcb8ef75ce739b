"""Features, chosen and scaled, ready to be clustered.

prepared = prepare("dataset@v1", "hog", split="train", scaling="whiten", components=32)
prepared.scaled                         # float32 (n, 32)
prepared.table.ids                      # the n samples, in the same order
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.flows.clustering.features import FeatureTable, load_features
from cinemotion.learn.matrix import draw_rows
from cinemotion.learn.scaling import Scaling, scale

ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What is clustered.

    Attributes:
        table: The features of the chosen samples as they were extracted.
        scaled: float32 ``(n, d')``, the same after scaling.
    """

    table: FeatureTable
    scaled: Floats


def prepare(
    reference: str,
    features: str,
    *,
    split: str = ALL,
    sample: int | None = None,
    scaling: Scaling = "standard",
    components: int | None = None,
    seed: int = 0,
) -> Prepared:
    """Read features, choose samples, scale.

    Args:
        reference: ``DATASET@VERSION``.
        features: The name of a feature set, or its id.
        split: A side of the version, or ``all`` samples.
        sample: So many of them at most, drawn by chance.
        scaling: See :func:`cinemotion.learn.scaling.scale`.
        components: Also there.
        seed: Of the drawing.

    Raises:
        BadInputError: The side is empty or there is none of this name, or the features hold NaN.
        DatasetError: There is no such version, or no such features of it.
    """
    if sample is not None and sample < 1:
        raise BadInputError(f"a sample has 1 or more of the samples, got {sample}")
    table = load_features(reference, features)
    rows = _side(table, split)
    if sample is not None:
        rows = rows[draw_rows(len(rows), sample, seed)]
    if len(rows) < len(table.ids):
        table = _chosen(table, rows)
    return Prepared(table, scale(table.vectors, scaling, components, seed))


def _side(table: FeatureTable, split: str) -> NDArray[np.int64]:
    if split == ALL:
        return np.arange(len(table.ids))
    sides = table.samples["split"]
    rows = (sides == split).fill_null(False).arg_true().to_numpy().astype(np.int64)
    if not len(rows):
        counts = dict(sides.drop_nulls().value_counts().sort("split").iter_rows())
        there = ", ".join(f"{name} ({count})" for name, count in counts.items()) or "none"
        raise BadInputError(
            f"no sample with these features is in the split {split!r}; the splits with samples: "
            f"{there}; or take all"
        )
    return rows


def _chosen(table: FeatureTable, rows: NDArray[np.int64]) -> FeatureTable:
    changes: dict[str, Any] = {
        "ids": [table.ids[row] for row in rows],
        "vectors": table.vectors[rows],
        "samples": table.samples[rows],
    }
    return dataclasses.replace(table, **changes)
