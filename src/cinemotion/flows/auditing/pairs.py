"""Which twins an audit shows: pairs of pictures, the worst first, a few of each sort.

    shelves = find_pairs(twins, stakes, Nearness(), limit=24)
    shelves[0].title, shelves[0].total, shelves[0].pairs

Three sorts: pictures of one part that another part knows, groups whose labels differ, and copies
inside a part. Of each sort exact twins come before near ones, on shelves of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from cinemotion.flows.auditing.stakes import Stake

Sort = Literal["across", "conflict", "inside"]


@dataclass(frozen=True, slots=True)
class Side:
    """One picture of a pair: its name, its part and its label."""

    name: str
    part: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that are twins, and how many bits of their pHash differ."""

    first: Side
    second: Side
    distance: int

    @property
    def conflict(self) -> bool:
        """Whether both have a label and they differ."""
        labels = self.first.label, self.second.label
        return None not in labels and labels[0] != labels[1]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pairs of one sort.

    Attributes:
        sort: ``across`` parts, labels in ``conflict``, or ``inside`` a part.
        exact: Whether their pixels are equal.
        total: How many there are.
        pairs: Those that are shown.
    """

    sort: Sort
    exact: bool
    total: int
    pairs: tuple[Pair, ...]


def find_pairs(twins: pl.DataFrame, stakes: list[Stake], limit: int) -> list[Shelf]:
    """The pairs to show.

    Args:
        twins: What :func:`~cinemotion.flows.auditing.twins.find_twins` returned.
        stakes: What :func:`~cinemotion.flows.auditing.stakes.find_stakes` returned.
        limit: At most so many pairs on each shelf.

    Returns:
        The shelves on which there is something.
    """
    found: dict[Sort, pl.DataFrame] = {
        "across": _across(stakes),
        "conflict": _conflicts(twins),
        "inside": _inside(twins),
    }
    shelves = [
        _shelf(twins, sort, exact, rows, limit)
        for sort, rows in found.items()
        for exact in (True, False)
    ]
    return [shelf for shelf in shelves if shelf.total]


def _shelf(twins: pl.DataFrame, sort: Sort, exact: bool, rows: pl.DataFrame, limit: int) -> Shelf:
    rows = rows.filter(pl.col("exact") == exact)
    shown = rows.head(limit)
    phash = twins["phash"].to_numpy()
    sides = twins.select("name", "part", "label")
    pairs = [
        Pair(
            Side(*sides.row(row)),
            Side(*sides.row(twin)),
            int((phash[row] ^ phash[twin]).bit_count()),
        )
        for row, twin in shown.select("row", "twin").rows()
    ]
    return Shelf(sort, exact, rows.height, tuple(pairs))


def _across(stakes: list[Stake]) -> pl.DataFrame:
    """Every picture that another part knows, with its closest twin there; conflicts first."""
    empty = {"row": pl.Int64, "twin": pl.Int64, "exact": pl.Boolean, "conflict": pl.Boolean}
    parts = [stake.pairs.select(list(empty)) for stake in stakes]
    return pl.concat([pl.DataFrame(schema=empty), *parts]).sort(
        "conflict", descending=True, maintain_order=True
    )


def _conflicts(twins: pl.DataFrame) -> pl.DataFrame:
    """For each group whose labels differ: its first picture, and the first that contradicts it.

    A near group whose conflict is already one of exact twins is not told twice.
    """
    labelled = twins.filter(pl.col("label").is_not_null())
    told = _contradictions(labelled, "exact")
    also = _contradictions(labelled, "near")
    known = twins.filter(pl.col("row").is_in(told["row"].implode()))["near"]
    also = also.filter(~pl.col("near").is_in(known.implode()))
    return pl.concat(
        [
            told.select("row", "twin", exact=pl.lit(True)),
            also.select("row", "twin", exact=pl.lit(False)),
        ]
    )


def _contradictions(labelled: pl.DataFrame, kind: str) -> pl.DataFrame:
    other = pl.col("row").filter(pl.col("label") != pl.col("label").first())
    found = labelled.group_by(kind, maintain_order=True).agg(
        pl.col("row").first(), twin=other.first()
    )
    return found.drop_nulls("twin").sort("row")


def _inside(twins: pl.DataFrame) -> pl.DataFrame:
    """Every picture beyond the first of its group inside one part, with that first one."""
    exact = twins.with_columns(twin=pl.col("row").min().over("exact", "part"))
    firsts = exact.filter(pl.col("row") == pl.col("twin"))
    near = firsts.with_columns(twin=pl.col("row").min().over("near", "part"))
    copies = [
        table.filter(pl.col("row") != pl.col("twin")).select("row", "twin", exact=pl.lit(kind))
        for table, kind in ((exact, True), (near, False))
    ]
    return pl.concat(copies).sort("row")
