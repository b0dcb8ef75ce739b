"""Which pictures of an audit are twins, and what can be said of their groups.

    twins = find_twins(pictures, Nearness())      # the readable rows, with the groups of each
    count_groups(twins, "exact")                  # {"groups": …, "copies": …, …}

Exact groups are equal pixels. Near groups are made as ``cinemotion dedup`` makes them, around
their first picture: bounded in diameter, so that a long row of similar frames does not become
one.
"""

from __future__ import annotations

import polars as pl

from cinemotion.curate.groups import group_near
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.sources.parts import UNASSIGNED


def find_twins(pictures: pl.DataFrame, near: Nearness) -> pl.DataFrame:
    """Number the groups of twins.

    Args:
        pictures: What :func:`~cinemotion.flows.auditing.scan.scan` returned.
        near: The limits of nearness.

    Returns:
        The readable pictures with ``row`` (their number here), ``exact`` and ``near`` (int64:
        the number of the group; pictures without twins have one of their own) and ``blank``
        (bool: too plain to be near to anything).
    """
    seen = pictures.filter(pl.col("pixels").is_not_null()).drop("reason").with_row_index("row")
    seen = seen.with_columns(
        pl.col("row").cast(pl.Int64),
        exact=pl.col("pixels").rank("dense").cast(pl.Int64) - 1,
        blank=pl.Series(near.blank(seen["deviation"].to_numpy()), dtype=pl.Boolean),
    )
    # Of exact twins one stands for all: it is not the number of copies that makes a group.
    distinct = seen.unique("exact", keep="first", maintain_order=True).sort("exact")
    groups = group_near(
        distinct["phash"].to_numpy(),
        distinct["dhash"].to_numpy(),
        near,
        rank=distinct["row"].to_numpy(),
        blank=distinct["blank"].to_numpy(),
    )
    return seen.with_columns(near=pl.Series(groups[seen["exact"].to_numpy()], dtype=pl.Int64))


def count_groups(twins: pl.DataFrame, kind: str) -> dict[str, int]:
    """Figures of the groups with two members or more.

    Args:
        twins: What :func:`find_twins` returned.
        kind: ``exact`` or ``near``.

    Returns:
        ``groups``; ``copies``, the members beyond the first of each; ``groups_across_splits``;
        ``groups_with_conflicting_labels``; ``groups_of_different_pixels``.
    """
    groups = group_table(twins, kind)
    return {
        "groups": groups.height,
        "copies": int((groups["members"] - 1).sum()),
        "groups_across_splits": int((groups["parts"] > 1).sum()),
        "groups_with_conflicting_labels": int((groups["labels"] > 1).sum()),
        "groups_of_different_pixels": int((groups["pixels"] > 1).sum()),
    }


def group_table(twins: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The groups with two members or more, in the order of their first member.

    Columns: the group's number under the name of ``kind``; ``first`` (its first row);
    ``members``; how many different ``parts``, ``labels`` and ``pixels`` they have.
    """
    return (
        twins.group_by(kind)
        .agg(
            first=pl.col("row").min(),
            members=pl.len(),
            parts=pl.col("part").filter(pl.col("part") != UNASSIGNED).n_unique(),
            labels=pl.col("label").drop_nulls().n_unique(),
            pixels=pl.col("pixels").n_unique(),
        )
        .filter(pl.col("members") > 1)
        .sort("first")
    )
