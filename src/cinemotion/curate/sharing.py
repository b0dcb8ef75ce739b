"""Groups that show the same pictures: two copies of a film, a film and its trailer.

    shared = sharing(samples)        # samples: id, group, picture
    shared.rows()                    # [("film:a", "film:b")]: one is for a good part in the other

Twins that were rejected are no longer there to tie the groups that they came from. A single stock
shot or a logo in two films makes them no copies of each other: what counts is how much is shared.
"""

from __future__ import annotations

import polars as pl

SHARED = 0.25
"""Of a group's samples, the share that another group shows too and that makes them one."""

_LEAST = 2  # samples: of a single twin one is kept, and that is all that there was to leak
_MANY = 32  # groups with one picture, of which all pairs are looked at; of more, each and the next


def sharing(samples: pl.DataFrame, share: float = SHARED) -> pl.DataFrame:
    """Pairs of groups of which one shows a good part of the other.

    Args:
        samples: ``group``; ``picture``, the same for twins; rows without one of them do not count.
        share: Of the samples of one of the two, and at least two of them.

    Returns:
        ``a`` and ``b``, names of groups, a before b; sorted, each pair once.
    """
    samples = samples.select("group", "picture").drop_nulls()
    sizes = samples.group_by("group").agg(size=pl.len())
    counts = samples.group_by("picture", "group").agg(count=pl.len())
    # A picture of one group alone ties nothing.
    common = counts.filter(pl.len().over("picture") > 1).sort("picture", "group")
    few = common.filter(pl.len().over("picture") <= _MANY)
    pairs = few.join(few, on="picture", suffix="_b").filter(pl.col("group") < pl.col("group_b"))
    rest = common.filter(pl.len().over("picture") > _MANY).with_columns(
        group_b=pl.col("group").shift(-1).over("picture"),
        count_b=pl.col("count").shift(-1).over("picture"),
    )
    pairs = pl.concat([pairs, rest.drop_nulls().select(pairs.columns)])
    return (
        pairs.group_by("group", "group_b")
        .agg(pl.col("count").sum(), pl.col("count_b").sum())
        .join(sizes, on="group")
        .join(sizes, left_on="group_b", right_on="group", suffix="_b")
        .filter(pl.max_horizontal("count", "count_b") >= _LEAST)
        .filter(
            pl.max_horizontal(
                pl.col("count") / pl.col("size"), pl.col("count_b") / pl.col("size_b")
            )
            >= share
        )
        .select(a="group", b="group_b")
        .sort("a", "b")
    )
