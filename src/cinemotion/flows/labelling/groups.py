"""The groups of every sample, with all that the dataset and its annotators know.

keys = group_keys(dataset)      # id, film, scene, character, shot, track
"""

from __future__ import annotations

import polars as pl

from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.levels import levels
from cinemotion.flows.labelling.labels import characters_from_ranges


def group_keys(dataset: Dataset, *, upto: int | None = None) -> pl.DataFrame:
    """The keys of :func:`~cinemotion.dataset.levels.levels`, characters from ranges included.

    Args:
        dataset: The dataset.
        upto: The high-water mark of the annotations that count; without it, all.
    """
    named = characters_from_ranges(dataset, upto=upto).select(
        "id", named=pl.format("character/{}", "character")
    )
    keys = levels(dataset).join(named, on="id", how="left")
    return keys.with_columns(character=pl.coalesce("named", "character")).drop("named")
