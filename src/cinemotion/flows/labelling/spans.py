"""From annotated stretches of film to the samples that they speak of.

    votes, reaches = spread_ranges(dataset, Votes(dataset.path).ranges())
    votes                  # Polars: batch, sample, label, annotator, source, confidence, count
    reaches[0].samples     # how many samples the first range reached

A range ``[start, end)`` reaches the samples of its film whose time, or frame ordinal, lies in it;
times are compared as exact fractions. One that names a character reaches the samples of that
character where the dataset knows who is who. Where it does not, it reaches a frame's face if that
is the only one there; frames with several faces are counted as ambiguous and get nothing. A face
counts where the build kept it, also when it was put aside later as a twin of another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.emotions import plain
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.ranges import Range, films_named

_PLACE = (
    *("id", "film", "recipe", "pts", "time_base_num", "time_base_den", "frame", "name"),
    *("status", "keeper", "source"),
)
SPREAD = pl.Schema(
    {
        "batch": pl.Int64(),
        "sample": pl.String(),
        "label": pl.String(),
        "annotator": pl.String(),
        "source": pl.String(),
        "confidence": pl.Float64(),
        "count": pl.Int64(),
        "character": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What became of one range.

    Attributes:
        range: The range.
        films: Ids of the films that its name stands for: none where it is not built yet; several
            where the name is not clear, and then it reaches nothing.
        samples: How many samples it reached.
        ambiguous: How many frames it left out, as several faces were there and nobody knows whose
            is meant.
    """

    range: Range
    films: tuple[str, ...]
    samples: int
    ambiguous: int


def spread_ranges(
    dataset: Dataset, ranges: Sequence[tuple[int, Range]]
) -> tuple[pl.DataFrame, list[Reach]]:
    """The votes that ranges stand for, and what each of them reached.

    Args:
        dataset: The dataset.
        ranges: Ranges with the number of their batch.
    """
    if not ranges:
        return pl.DataFrame(schema=SPREAD), []
    films = dataset.films().select("film", "title", "path").to_dicts()
    names = {range.film: tuple(films_named(range.film, films)) for _, range in ranges}
    wanted = {found[0] for found in names.values() if len(found) == 1}
    places = {film: _Places(rows) for film, rows in _by_film(dataset, wanted).items()}
    parts, reaches = [], []
    for batch, range in ranges:
        found = names[range.film]
        place = places.get(found[0]) if len(found) == 1 else None
        ids, ambiguous = place.reached(range) if place else (np.empty(0, object), 0)
        reaches.append(Reach(range, found, len(ids), ambiguous))
        parts.append((batch, range, ids))
    return _votes(parts), reaches


def _by_film(dataset: Dataset, films: set[str]) -> dict[str, pl.DataFrame]:
    samples = dataset.samples().select(_PLACE)
    # An imported face is without the others of its frame, so that nobody knows whether it is alone.
    samples = samples.filter(pl.col("film").is_in(list(films)), pl.col("source").is_null())
    faces = (pl.col("status") == "kept") | pl.col("keeper").is_not_null()
    samples = samples.with_columns(counts=faces).with_columns(
        faces=pl.col("counts").sum().over("film", "recipe", "pts")
    )
    return {str(film): rows for (film,), rows in samples.partition_by("film", as_dict=True).items()}


class _Places:
    """The samples of one film by time and by frame, ready to be cut into ranges."""

    def __init__(self, samples: pl.DataFrame) -> None:
        self._ids = samples["id"].to_numpy()
        self._pts = samples["pts"].to_numpy()
        self._frames = samples["frame"].fill_null(-1).to_numpy()
        self._bases = samples.select("time_base_num", "time_base_den").rows()
        self._base = np.array([self._bases.index(base) for base in self._bases])
        self._film_frame = samples.select(pl.struct("recipe", "pts").rank("dense"))[:, 0].to_numpy()
        self._faces = samples["faces"].to_numpy()
        self._counts = samples["counts"].to_numpy()
        names = samples["name"].to_list()
        self._characters = np.array([None if name is None else plain(name) for name in names])

    def reached(self, range: Range) -> tuple[NDArray[Any], int]:
        """The ids that a range reaches, and how many frames were ambiguous."""
        inside = self._inside(range)
        if range.character is None:
            return self._ids[inside], 0
        unknown = inside & (self._characters == None) & self._counts  # noqa: E711  (elementwise)
        theirs = inside & (self._characters == plain(range.character))
        alone = unknown & (self._faces == 1)
        crowded = unknown & (self._faces > 1)
        return self._ids[theirs | alone], len(np.unique(self._film_frame[crowded]))

    def _inside(self, range: Range) -> NDArray[np.bool_]:
        if range.unit == "frames":
            return (self._frames >= math.ceil(range.start)) & (self._frames < math.ceil(range.end))
        inside = np.zeros(len(self._ids), np.bool_)
        for index in np.unique(self._base):
            base = Fraction(*self._bases[index])
            # pts * base >= start is pts >= start / base; whole ticks let us round that up.
            first, last = math.ceil(range.start / base), math.ceil(range.end / base)
            inside |= (self._base == index) & (self._pts >= first) & (self._pts < last)
        return inside


def _votes(parts: list[tuple[int, Range, NDArray[Any]]]) -> pl.DataFrame:
    tables = [
        pl.DataFrame({"sample": ids.tolist()}, schema={"sample": pl.String()}).select(
            batch=pl.lit(batch, pl.Int64),
            sample="sample",
            label=pl.lit(said.label),
            annotator=pl.lit(said.annotator),
            source=pl.lit("human"),
            confidence=pl.lit(None, pl.Float64),
            count=pl.lit(1, pl.Int64),
            character=pl.lit(said.character, pl.String),
        )
        for batch, said, ids in parts
    ]
    # Two ranges of one annotator that overlap and agree are one vote.
    return pl.concat(tables).unique(
        ("batch", "sample", "annotator", "label"), keep="first", maintain_order=True
    )
