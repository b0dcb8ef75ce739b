"""Which samples are worth keeping: the best of a group, the most different ones of a track.

    rank = rank_samples(samples)                       # 0 = the best
    stand_in = limit_tracks(track, prints.phash, prints.dhash, rank, most=5)
    stand_in == np.arange(len(rank))                   # the samples that are kept

Source of the choice inside a track: T. Gonzalez, "Clustering to minimize the maximum intercluster
distance", Theoretical Computer Science 1985 (farthest-point traversal).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.curate.forest import Rows
from cinemotion.curate.hashes import Bits


def rank_samples(samples: pl.DataFrame) -> Rows:
    """The place of each sample in the order of quality, int64 ``(n,)``, 0 = the best.

    Args:
        samples: ``id`` and ``quality`` in [0, 1]; ties go by id, samples without quality last.
    """
    order = (
        samples.select("id", pl.col("quality").fill_nan(None))
        .with_row_index("row")
        .sort("quality", "id", descending=[True, False], nulls_last=True)["row"]
        .to_numpy()
    )
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def limit_tracks(
    track: Sequence[int] | NDArray[np.int64], phash: Bits, dhash: Bits, rank: Rows, most: int
) -> Rows:
    """Of every track, keep the samples that differ most from each other.

    The best one is kept; then, again and again, the one whose closest kept sample is farthest
    away, in bits of both hashes together.

    Args:
        track: int64 ``(n,)``, the number of each sample's track; negative: in no track.
        phash: uint64 ``(n,)``.
        dhash: uint64 ``(n,)``.
        rank: int64 ``(n,)``, all different, lowest is best.
        most: How many samples of a track may stay, at least 1.

    Returns:
        int64 ``(n,)``, the kept sample of the track that each is closest to; itself where it is
        kept.
    """
    track = np.asarray(track)
    stand_in = np.arange(len(track))
    rows = np.lexsort((rank, track))
    rows = rows[track[rows] >= 0]
    for members in np.split(rows, np.flatnonzero(np.diff(track[rows])) + 1):
        if len(members) > most:
            chosen = _spread(phash[members], dhash[members], most)
            stand_in[members] = members[chosen]
    return stand_in


def _spread(phash: Bits, dhash: Bits, most: int) -> Rows:
    """For every sample, best first, the one of the ``most`` chosen that it is closest to."""
    nearest = np.full(len(phash), 129)  # more bits than can differ
    chosen = np.zeros(len(phash), np.int64)
    place = 0
    for _ in range(most):
        # The distance is 0 for a sample that is chosen itself, unless it equals an earlier one.
        bits = np.bitwise_count(phash ^ phash[place]).astype(np.int64)
        bits += np.bitwise_count(dhash ^ dhash[place])
        closer = bits < nearest
        chosen[closer], nearest[closer] = place, bits[closer]
        place = int(nearest.argmax())
    return chosen
