"""What a model has seen before it is tested: pictures of one part with a twin in another.

    for stake in find_stakes(twins, Nearness()):
        stake.part, stake.known, stake.share("near")      # "test", "train", 0.139…

This is asked of the pictures themselves, not of groups: is there any picture in the other part
within the limits, and which is the closest? Only what hangs together is compared, so that the
work grows with the twins and not with the square of the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.curate.forest import Forest, Rows
from cinemotion.curate.neighbours import Nearness, links
from cinemotion.dataset.sources.parts import TEST, TRAIN, UNASSIGNED, in_part_order

# Hashes that are compared at a time: 1 million pairs, 8 MB.
_ROWS, _COLUMNS = 512, 2048
_CLUMP = 100_000_000  # pairs
_STEP = 65  # bits of dHash that one bit of pHash outweighs
_FAR = np.uint16(0xFFFF)


@dataclass(frozen=True, slots=True)
class Stake:
    """What one part knows of another.

    Attributes:
        part: The part that a model is tested on.
        known: The part that it learned from.
        pictures: Readable pictures of ``part``.
        exact: How many of them have an exact twin in ``known``.
        near: How many have an exact or near one.
        same_label: How many of ``near`` carry the label of their closest twin.
        pairs: Columns ``row``, ``twin`` (row numbers in the twins' table), ``exact`` (bool),
            ``distance`` (bits of pHash), ``conflict`` (bool); one row for each of ``near``,
            exact ones first, then by distance.
    """

    part: str
    known: str
    pictures: int
    exact: int
    near: int
    same_label: int
    pairs: pl.DataFrame

    def share(self, kind: str) -> float:
        """The share of ``part`` that has an ``exact``, or ``near``, twin in ``known``."""
        return int(getattr(self, kind)) / self.pictures if self.pictures else 0.0


def find_stakes(twins: pl.DataFrame, near: Nearness) -> list[Stake]:
    """For every two parts: which pictures of the later one have a twin in the earlier one.

    Args:
        twins: What :func:`find_twins` returned.
        near: The limits of nearness.

    Returns:
        Pairs of parts; first what the test part, then what others know of training.
    """
    codes = _connected(twins, near)
    parts = in_part_order(set(twins["part"]) - {UNASSIGNED})
    pairs = sorted(combinations(parts, 2), key=lambda pair: (pair[0] != TRAIN, pair[1] != TEST))
    return [_stake(twins, codes, near, part, known) for known, part in pairs]


def _connected(twins: pl.DataFrame, near: Nearness) -> Rows:
    """The connected component of each row: twins are never in two of them."""
    forest = Forest(twins.height)
    clear = np.flatnonzero(~twins["blank"].to_numpy())
    i, j = links(twins["phash"].to_numpy()[clear], twins["dhash"].to_numpy()[clear], near)
    forest.join(clear[i], clear[j])
    first = twins.select(pl.col("row").min().over("exact"))["row"].to_numpy()
    forest.join(first, np.arange(twins.height))
    return forest.find(np.arange(twins.height))


def _stake(twins: pl.DataFrame, codes: Rows, near: Nearness, part: str, known: str) -> Stake:
    sides = twins.select("row", "part", "exact", "label", component=pl.Series(codes))
    held, learned = (sides.filter(pl.col("part") == name) for name in (part, known))
    exact = held.join(
        learned.group_by("exact").agg(twin=pl.col("row").min()), on="exact", how="inner"
    ).select("row", "twin", exact=True, distance=pl.lit(0, pl.Int64))
    rest = held.join(exact, on="row", how="anti")
    found = [_closest(twins, near, a, b) for a, b in _shared(rest, learned)]
    pairs = pl.concat([exact, *found]).join(_labels(twins, "row", "label"), on="row")
    pairs = pairs.join(_labels(twins, "twin", "other"), on="twin")
    conflict = (pl.col("label") != pl.col("other")).fill_null(False)
    pairs = pairs.with_columns(conflict=conflict).sort("distance", "row")
    pairs = pairs.sort("exact", descending=True, maintain_order=True)
    return Stake(
        part,
        known,
        pictures=held.height,
        exact=exact.height,
        near=pairs.height,
        same_label=pairs.filter(pl.col("label") == pl.col("other")).height,
        pairs=pairs.drop("label", "other"),
    )


def _labels(twins: pl.DataFrame, key: str, name: str) -> pl.DataFrame:
    return twins.select(pl.col("row").alias(key), pl.col("label").alias(name))


def _shared(held: pl.DataFrame, learned: pl.DataFrame) -> Iterator[tuple[Rows, Rows]]:
    """The rows of both sides in each component that has both."""
    sides = [side.group_by("component").agg("row") for side in (held, learned)]
    both = sides[0].join(sides[1], on="component", suffix="_known").sort("component")
    for _, rows, known in both.rows():
        yield np.asarray(rows), np.asarray(known)


def _closest(twins: pl.DataFrame, near: Nearness, rows: Rows, known: Rows) -> pl.DataFrame:
    """The closest near twin among ``known`` of each of ``rows`` that has one, ties by dHash.

    In a clump of very many the first one that is found will do: there are always some.
    """
    blank = twins["blank"].to_numpy()
    hashes = np.stack([twins["phash"].to_numpy(), twins["dhash"].to_numpy()])
    rows, known = rows[~blank[rows]], known[~blank[known]]
    # Pictures of a clump often share their hashes: each is compared once.
    asked, place = np.unique(hashes[:, rows], axis=1, return_inverse=True)
    seen, first = np.unique(hashes[:, known], axis=1, return_index=True)
    clump = asked.shape[1] * seen.shape[1] > _CLUMP
    best = np.full(asked.shape[1], _FAR)
    twin = np.zeros(asked.shape[1], np.int64)
    open_ones = np.arange(asked.shape[1])
    for left in range(0, seen.shape[1], _COLUMNS):
        block = seen[:, None, left : left + _COLUMNS]
        for top in range(0, len(open_ones), _ROWS):
            some = open_ones[top : top + _ROWS]
            rank = _rank(near, *np.bitwise_count(asked[:, some, None] ^ block))
            at = rank.argmin(axis=1)
            value = rank[np.arange(len(at)), at]
            closer = value < best[some]
            best[some[closer]] = value[closer]
            twin[some[closer]] = known[first[left + at[closer]]]
        if clump:
            open_ones = open_ones[best[open_ones] == _FAR]
    best, twin = best[place], twin[place]
    hit = best < _FAR
    return pl.DataFrame({"row": rows[hit], "twin": twin[hit]}).with_columns(
        exact=pl.lit(False), distance=pl.Series(best[hit] // _STEP, dtype=pl.Int64)
    )


def _rank(near: Nearness, phash: NDArray[np.uint8], dhash: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Bits of pHash that differ, then of dHash, as one number; :data:`_FAR` where not near."""
    close = (phash <= near.phash) & (dhash <= near.dhash)
    return np.where(close, phash.astype(np.uint16) * _STEP + dhash, _FAR)
