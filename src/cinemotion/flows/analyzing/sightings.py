"""Who is on screen when: every face of every sampled frame of a film, as one table.

    seen = read_sightings(footage)
    seen.faces          # a row per face and sampled frame: id, seconds, stretch, shot, track, …

A frame that stood still was not looked at again; its faces are those of the frame that it equals,
so that a person who does not move is on screen all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.dataset.dataset import open_dataset
from cinemotion.film.scale import scale
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.video.thumbnail import COLUMNS, ROWS

_FACE = ("id", "pts", "box", "crop_landmarks", "score")
_FACTS = ("id", "frame", "shot", "track", "quality", "size")


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """A film's faces over time.

    Attributes:
        frames: A row per sampled frame: ``pts``, ``seconds``, ``until_pts`` and ``until`` (the
            next one, or the end of its shot), ``stretch`` (how many seconds it stands for),
            ``shot``.
        faces: A row per sampled frame and face on it: those columns, and ``id`` (the sample),
            ``box``, ``crop_landmarks``, ``score``, ``frame`` (ordinal), ``track``, ``quality``,
            ``size``.
        shots: A row per shot: ``shot``, ``start``, ``end`` (seconds), ``start_pts``, ``end_pts``,
            ``start_frame``, ``end_frame``, ``transition``, ``scale`` (see ``film/scale.py``; null
            where no face is seen in half of its sampled frames).
        time_base: Seconds of a tick.
        start: Seconds of the film's first picture on the player's clock.
        end: Seconds at which the last picture leaves the screen.
        colours: uint8 ``(n, 9, 16, 3)``, RGB, row by row of ``frames``: what each looks like
            without black bars (``video/thumbnail.py``); ``None`` in a dataset that was built
            before thumbnails were kept.
    """

    frames: pl.DataFrame
    faces: pl.DataFrame
    shots: pl.DataFrame
    time_base: Fraction
    start: float
    end: float
    colours: NDArray[np.uint8] | None = None

    @property
    def exact_end(self) -> Fraction:
        """When the last picture leaves the screen, in exact seconds."""
        ends = self.shots["end_pts"]
        return int(ends[-1]) * self.time_base if len(ends) else Fraction(self.end)


def read_sightings(footage: Footage) -> Sightings:
    """Read a film's faces."""
    dataset = open_dataset(footage.dataset)
    mine = (pl.col("film") == footage.film) & (pl.col("recipe") == footage.recipe)

    def rows(table: str, columns: tuple[str, ...]) -> pl.DataFrame:
        found = dataset.table(table, ["film", "recipe", *columns])
        return found.filter(mine).drop("film", "recipe")

    shots = rows(
        "shots",
        (
            *("shot", "start_pts", "end_pts", "time_base_num", "time_base_den"),
            *("start_frame", "end_frame", "transition"),
        ),
    ).sort("shot")
    base = _time_base(shots)
    shots = shots.with_columns(
        start=pl.col("start_pts") * float(base), end=pl.col("end_pts") * float(base)
    )
    start = float(shots["start"][0]) if shots.height else 0.0
    end = start + float(footage.row["seconds"] or 0.0)
    looked = rows("frames", ("pts", "seconds", "same_as_pts", "colours"))
    frames = _frames(looked, shots, end)
    crops = rows("crops", _FACE).join(rows("facts", _FACTS), on="id")
    faces = frames.join(
        crops.rename({"pts": "shown", "shot": "shot_of_crop"}), on="shown", how="inner"
    )
    faces = faces.drop("shot_of_crop", "shown").sort("pts", "track", "id")
    height = int(footage.row["height"] or 0)
    return Sightings(
        frames=frames.drop("shown"),
        faces=faces,
        shots=_scaled(shots, frames, faces, height),
        time_base=base,
        start=start,
        end=end,
        colours=_colours(frames, looked),
    )


def _scaled(
    shots: pl.DataFrame, frames: pl.DataFrame, faces: pl.DataFrame, height: int
) -> pl.DataFrame:
    """The shots with their scale: that of the tallest face, in the median of its frames."""
    tall = (pl.col("box").arr.get(3) - pl.col("box").arr.get(1)).max()
    tallest = faces.group_by("shot", "pts").agg(tall=tall)
    looked = frames.group_by("shot").agg(looked=pl.len())
    known = tallest.group_by("shot").agg(seen=pl.len(), tall=pl.col("tall").median())
    rows = known.join(looked, on="shot").filter(pl.col("seen") * 2 >= pl.col("looked"))
    names = [scale(tall / height) if height else None for tall in rows["tall"].to_list()]
    of = rows.select("shot").with_columns(scale=pl.Series(names, dtype=pl.String))
    return shots.join(of, on="shot", how="left").sort("shot")


def _colours(frames: pl.DataFrame, looked: pl.DataFrame) -> NDArray[np.uint8] | None:
    """The thumbnails of the frames; of one that stood still, that of the frame it equals."""
    of = frames.select("shown").join(
        looked.select("pts", "colours"), left_on="shown", right_on="pts", how="left"
    )["colours"]
    if not len(of) or of.null_count():
        return None
    flat = np.frombuffer(b"".join(of.to_list()), np.uint8)
    return flat.reshape(-1, ROWS, COLUMNS, 3)


def _time_base(shots: pl.DataFrame) -> Fraction:
    if not shots.height:
        return Fraction(1, 1000)
    row: dict[str, Any] = shots.row(0, named=True)
    return Fraction(row["time_base_num"], row["time_base_den"])


def _frames(frames: pl.DataFrame, shots: pl.DataFrame, end: float) -> pl.DataFrame:
    """The sampled frames, with how long each stands for and in which shot."""
    frames = frames.sort("pts").with_columns(shown=pl.coalesce("same_as_pts", "pts"))
    frames = frames.join_asof(
        shots.select(
            "shot", "start_pts", shot_start="start", shot_end="end", shot_end_pts="end_pts"
        ).sort("start_pts"),
        left_on="pts",
        right_on="start_pts",
    )
    # The first of a shot also stands for what came before it since the cut.
    first = (pl.col("shot") != pl.col("shot").shift(1)).fill_null(value=True)
    since = pl.when(first).then(pl.min_horizontal("shot_start", "seconds")).otherwise("seconds")
    until = pl.min_horizontal(pl.col("seconds").shift(-1).fill_null(end), "shot_end")
    stretch = (until - since).clip(lower_bound=0.0)
    until_pts = pl.min_horizontal(pl.col("pts").shift(-1), "shot_end_pts")
    timed = frames.with_columns(until=until, until_pts=until_pts, stretch=stretch)
    return timed.select("pts", "seconds", "until_pts", "until", "stretch", "shot", "shown")
