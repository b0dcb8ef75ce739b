"""What must stay on one side of a split: samples of one group, and twins.

    grouping = group_by_level(samples, "film")        # films, and what has no film by its shot …
    twins = find_twins(samples, Nearness())           # pairs that connect all twins
    whole = grouping.tied(twins)                      # groups that share a twin are one

A sample whose level is not known goes by the next finer level that is, and at last by itself.
What a level promises beside itself holds too: a split by film keeps each shot together even
where a film's name is missing in one half of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.curate.forest import Forest, Rows
from cinemotion.curate.neighbours import Nearness, links
from cinemotion.curate.sharing import sharing
from cinemotion.dataset.levels import LEVELS, group_names
from cinemotion.flows.versions.proof import PROMISES

Pairs = tuple[Rows, Rows]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Samples in groups.

    Attributes:
        group: int64 ``(n,)``: the row of the group's first sample, which stands for the group.
        names: ``n`` names, each of one sample's own group; a tied group's key is the first of
            its members' names.
    """

    group: Rows
    names: pl.Series

    def tied(self, pairs: Pairs) -> Grouping:
        """The groups that remain where groups with a pair between them become one."""
        forest = Forest(len(self.group))
        forest.join(np.arange(len(self.group)), self.group)
        forest.join(*pairs)
        return Grouping(forest.find(np.arange(len(self.group))), self.names)

    def keys(self) -> pl.Series:
        """The name of each sample's whole group: the first in the alphabet of all of its names."""
        table = pl.DataFrame({"group": self.group, "name": self.names})
        return table.select(pl.col("name").min().over("group")).to_series()


def group_by_level(samples: pl.DataFrame, level: str | None) -> Grouping:
    """Put samples into the groups of a level.

    Args:
        samples: ``id`` and the keys of all levels.
        level: One of :data:`LEVELS`, or ``None``: every sample by itself.
    """
    rows = np.arange(samples.height)
    forest = Forest(samples.height)
    if level is None:
        return Grouping(rows, samples.select(name=pl.format("sample:{}", "id"))["name"])
    names = group_names(samples, level)
    for keys in (names, *(samples[name] for name in PROMISES[level])):
        forest.join(*_equal(keys))
    return Grouping(forest.find(rows), names)


def find_copies(samples: pl.DataFrame, names: pl.Series, shown: pl.DataFrame, level: str) -> Pairs:
    """Pairs of rows, of each two groups of which one shows a good part of the other, one pair.

    Args:
        samples: ``kept``.
        names: The groups of those.
        shown: ``id``, the keys of all levels and ``picture`` of all that was ever compared.
        level: The level of the groups.
    """
    pairs = sharing(shown.select("picture", group=group_names(shown, level)))
    rows = pl.DataFrame({"name": names, "kept": samples["kept"]}).with_row_index("row")
    # A group of which nothing is kept has no picture left that could leak.
    first = rows.filter("kept").group_by("name").agg(pl.col("row").min().cast(pl.Int64))
    found = pairs.join(first, left_on="a", right_on="name").join(
        first, left_on="b", right_on="name", suffix="_b"
    )
    return found["row"].to_numpy(), found["row_b"].to_numpy()


def find_twins(samples: pl.DataFrame, near: Nearness) -> Pairs:
    """Pairs of rows that connect all that exact and near twins connect.

    Args:
        samples: ``pixels``, ``phash``, ``dhash`` and ``deviation``; null where a sample takes no
            part.
        near: When two pictures are near twins; blank ones are only twins of their equals.
    """
    seen = np.flatnonzero(sighted(samples, near))
    phash, dhash = (samples[name].gather(seen).to_numpy() for name in ("phash", "dhash"))
    i, j = links(phash, dhash, near)
    a, b = _equal(samples["pixels"])
    return np.concatenate([a, seen[i]]), np.concatenate([b, seen[j]])


def all_twins(samples: pl.DataFrame, near: Nearness, rows: Rows) -> Pairs:
    """All pairs of twins among some rows, compared one by one: for few rows."""
    part = samples[rows]
    seen = sighted(part, near)
    phash, dhash = (part[name].fill_null(0).to_numpy() for name in ("phash", "dhash"))
    pixels = part["pixels"].rank("dense").fill_null(0).to_numpy()
    found: list[Pairs] = []
    for i in range(len(rows) - 1):
        rest = slice(i + 1, None)
        alike = seen[i] & seen[rest] & near.holds(phash[i], phash[rest], dhash[i], dhash[rest])
        alike |= (pixels[i] == pixels[rest]) & (pixels[i] > 0)
        others = i + 1 + np.flatnonzero(alike)
        found.append((np.full(len(others), rows[i]), rows[others]))
    if not found:
        return rows[:0], rows[:0]
    return joined(*found)


def sighted(samples: pl.DataFrame, near: Nearness) -> NDArray[np.bool_]:
    """Which samples have a picture that is not blank, bool ``(n,)``."""
    deviation = samples["deviation"].fill_null(float("nan"))
    return ~near.blank(deviation.to_numpy())


def joined(*pairs: Pairs) -> Pairs:
    """All of these pairs."""
    a, b = zip(*pairs, strict=True)
    return np.concatenate(a), np.concatenate(b)


def among(pairs: Pairs, rows: Rows) -> Pairs:
    """The pairs of which both are among some rows."""
    inside = np.isin(pairs[0], rows) & np.isin(pairs[1], rows)
    return pairs[0][inside], pairs[1][inside]


def known_levels(samples: pl.DataFrame) -> list[str]:
    """The levels that at least one sample has, the coarsest first."""
    return [name for name in LEVELS if samples[name].null_count() < samples.height]


def _equal(keys: pl.Series) -> Pairs:
    """Each row and the first row with the same key; rows without one are left out."""
    table = pl.DataFrame({"key": keys}).with_row_index("row").drop_nulls()
    table = table.with_columns(first=pl.col("row").min().over("key"))
    rows = table.select(pl.col("row", "first").cast(pl.Int64))
    return rows["first"].to_numpy(), rows["row"].to_numpy()
