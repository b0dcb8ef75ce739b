"""Settle which samples are twins and which one of each group is kept, as tables.

    twins = settle_twins(samples, Nearness(), per_track=5)
    twins.columns                            # id, keeper, kind, distance

First the limit of each track, then equal pixels, then near pictures among what is left: a
picture that its own track can spare may still be the only one of another track.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cinemotion.curate.forest import Rows
from cinemotion.curate.groups import Confirm, group_near
from cinemotion.curate.keepers import limit_tracks, rank_samples
from cinemotion.curate.neighbours import Nearness

KINDS = ("exact", "near", "track")


def settle_twins(
    samples: pl.DataFrame,
    near: Nearness,
    *,
    per_track: int | None = None,
    confirm: Confirm | None = None,
) -> pl.DataFrame:
    """Find a keeper for every sample.

    Args:
        samples: ``id``, ``quality``, ``track`` (any key, or null), ``pixels``, ``phash``,
            ``dhash``, ``deviation``.
        near: The limits.
        per_track: How many samples of a track may stay; without it, all.
        confirm: Has the last word on two rows whose hashes are near.

    Returns:
        The members of groups, in the order of ``samples``: ``id``; ``keeper``, an id, its own
        where it is kept; ``kind``, of a keeper the closest kind among its members; ``distance``,
        int32, bits of pHash between the two. Of no kind is a sample its keeper's keeper.
    """
    rank = rank_samples(samples)
    phash, dhash = samples["phash"].to_numpy(), samples["dhash"].to_numpy()
    blank = near.blank(samples["deviation"].to_numpy())
    pixels = samples["pixels"].rank("dense").cast(pl.Int64).to_numpy() - 1
    stand_in = _within_tracks(samples, pixels, rank, per_track)
    left = np.flatnonzero(stand_in == np.arange(len(rank)))
    best = _best(pixels, left, rank)
    # Now that tracks are cut, one sample stands for all that equal it, and one for all near it.
    heads = best[best >= 0]
    keeper = np.arange(len(rank))
    keeper[heads] = heads[
        group_near(
            phash[heads],
            dhash[heads],
            near,
            rank=rank[heads],
            blank=blank[heads],
            confirm=None if confirm is None else lambda i, j: confirm(heads[i], heads[j]),
        )
    ]
    equal = best[pixels]
    final = keeper[np.where(equal >= 0, equal, best[pixels[stand_in]])]
    close = near.holds(phash, phash[final], dhash, dhash[final]) & ~blank & ~blank[final]
    if confirm is not None:
        close[close] = confirm(np.flatnonzero(close), final[close])
    kind = np.where(pixels == pixels[final], 0, np.where(close, 1, 2))
    return _members(samples["id"], final, kind, np.bitwise_count(phash ^ phash[final]))


def _within_tracks(samples: pl.DataFrame, pixels: Rows, rank: Rows, per_track: int | None) -> Rows:
    """For every sample the one of its track that stays in its place; itself where it stays."""
    rows = np.arange(len(rank))
    if per_track is None:
        return rows
    track = samples["track"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    # Copies of one picture are one choice, of which the best stands for the others.
    table = pl.DataFrame({"row": rows, "track": track, "pixels": pixels, "rank": rank})
    first = pl.col("row").sort_by("rank").first().over("track", "pixels")
    alike = table.select(pl.when(pl.col("track") >= 0).then(first).otherwise("row"))
    copy: Rows = alike.to_series().to_numpy()
    chosen = np.flatnonzero(copy == rows)
    phash, dhash = samples["phash"].to_numpy(), samples["dhash"].to_numpy()
    stand_in: Rows = rows.copy()
    stand_in[chosen] = chosen[
        limit_tracks(track[chosen], phash[chosen], dhash[chosen], rank[chosen], per_track)
    ]
    return stand_in[copy]


def _best(pixels: Rows, left: Rows, rank: Rows) -> Rows:
    """The best row among those left of each picture; -1 where none is left."""
    best = np.full(int(pixels.max(initial=-1)) + 1, -1)
    order = left[np.argsort(-rank[left])]
    best[pixels[order]] = order  # the last one written is the best
    return best


def _members(ids: pl.Series, keeper: Rows, kind: Rows, distance: Rows) -> pl.DataFrame:
    kept = keeper == np.arange(len(keeper))
    closest = np.full(len(keeper), len(KINDS))
    np.minimum.at(closest, keeper[~kept], kind[~kept])
    kind = np.where(kept, closest, kind)
    member = kind < len(KINDS)
    return pl.DataFrame(
        {
            "id": ids.filter(pl.Series(member)),
            "keeper": ids.gather(keeper[member]),
            "kind": pl.Series(np.array(KINDS)[kind[member]], dtype=pl.String),
            "distance": pl.Series(distance[member], dtype=pl.Int32),
        }
    )
