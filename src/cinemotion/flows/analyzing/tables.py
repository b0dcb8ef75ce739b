"""The tables of an analysis, each as CSV and Parquet: per face, track, character, shot and scene.

``faces``   a row per sampled frame and face: when, where, who, and the model's probabilities
``tracks``  a row per track, with its vote
``people``  a row per character: when, how long, and what it shows; ``characters.csv`` is to edit
``arcs``    a row per character (and ``film``) and instant, with bands; gaps have no rows
``shots``   a row per shot
``scenes``  a row per scene; none where the colours of the frames are not known
``pairs``   a row per two characters who share a shot

Where a character's id stands, its name stands beside it, or the id again where it has none. Times
are seconds on the player's clock; ``pts`` counts ticks of the film's time base.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.writing import replacing
from cinemotion.film.valence import valence
from cinemotion.flows.analyzing.analysis import Analysis, Person

Doubles = NDArray[np.float64]

_DIGITS = 6
_SHOT = (
    *("shot", "start", "end", "start_pts", "end_pts", "start_frame", "end_frame"),
    *("transition", "scale"),
)

_PAIR = {
    "first": pl.String,
    "first_name": pl.String,
    "second": pl.String,
    "second_name": pl.String,
    "seconds": pl.Float64,
    "shots": pl.Int64,
    "correlation": pl.Float64,
}


def write_tables(analysis: Analysis, out: Path) -> None:
    """Write all tables; each file is there whole or not at all.

    Raises:
        BadInputError: A file cannot be written.
    """
    tables = {
        "faces": face_rows(analysis),
        "tracks": track_rows(analysis),
        "people": people_rows(analysis),
        "arcs": arc_rows(analysis),
        "shots": analysis.seen.shots.select(_SHOT),
        "scenes": scene_rows(analysis),
        "pairs": pair_rows(analysis),
    }
    for name, table in tables.items():
        with replacing(out / f"{name}.parquet") as draft:
            table.write_parquet(draft)
        with replacing(out / f"{name}.csv") as draft:
            table.write_csv(draft, float_precision=_DIGITS)


def face_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per sampled frame and face."""
    faces = analysis.seen.faces
    owner = _named(analysis, analysis.tracks.select("track", "character"))
    box = [pl.col("box").arr.get(i).alias(side) for i, side in enumerate(("x0", "y0", "x1", "y1"))]
    joined = faces.join(owner, on="track", how="left", maintain_order="left")
    return joined.select(
        *("seconds", "pts", "frame", "shot", "track", "character", "name"),
        *box,
        *("score", "quality", "until", "stretch"),
        *_classes(analysis, analysis.probabilities),
        pl.col("id").alias("sample"),
    )


def track_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per track."""
    return _named(analysis, analysis.tracks).select(
        *("track", "character", "name", "shot", "start", "end", "screen_seconds", "faces"),
        "quality",
        *_classes(analysis, analysis.votes),
        pl.col("best").alias("sample"),
    )


def people_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per character, who is on screen the longest first."""
    people, tracks = analysis.people, analysis.tracks
    mine = [tracks.filter(pl.col("track").is_in(person.tracks)) for person in people]
    probabilities = np.array([person.probabilities for person in people], np.float64)
    probabilities = probabilities.reshape(len(people), len(analysis.classes))
    columns = {
        "character": pl.Series([person.id for person in people], dtype=pl.String),
        "name": pl.Series([person.name for person in people], dtype=pl.String),
        "screen_seconds": pl.Series([p.screen_seconds for p in people], dtype=pl.Float64),
        "coverage": pl.Series([_coverage(analysis, p) for p in people], dtype=pl.Float64),
        "start": pl.Series([rows["start"].min() for rows in mine], dtype=pl.Float64),
        "end": pl.Series([rows["end"].max() for rows in mine], dtype=pl.Float64),
        "tracks": pl.Series([rows.height for rows in mine], dtype=pl.Int64),
        "faces": pl.Series([rows["faces"].sum() for rows in mine], dtype=pl.Int64),
        "dominant": pl.Series([p.dominant(analysis.classes) for p in people], dtype=pl.String),
        "valence": pl.Series(valence(probabilities, analysis.classes)).fill_nan(None),
        "turning_points": pl.Series([len(p.turns) for p in people], dtype=pl.Int64),
    }
    return pl.DataFrame(columns).with_columns(
        *_classes(analysis, probabilities),
        pl.Series("sample", [person.best for person in people], dtype=pl.String),
    )


def _coverage(analysis: Analysis, person: Person) -> float | None:
    """The share of the film's time with the person on screen."""
    seconds = analysis.footage.row["seconds"]
    shown = analysis.seen.faces.filter(pl.col("track").is_in(person.tracks)).unique("pts")
    return float(shown["stretch"].sum()) / seconds if seconds else None


def pair_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per two characters who share a shot."""
    names = {person.id: person.name for person in analysis.people}
    rows = [
        {**asdict(pair), "first_name": names[pair.first], "second_name": names[pair.second]}
        for pair in analysis.pairs
    ]
    return pl.DataFrame(rows, schema=_PAIR)


def arc_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per character and instant at which it is seen, the film's own first."""
    parts = [_arc(analysis, person) for person in (analysis.film, *analysis.people)]
    return pl.concat(parts)


def scene_rows(analysis: Analysis) -> pl.DataFrame:
    """A row per scene; shots are those of ``shots``, the last one included."""
    scenes = analysis.scenes or []
    shots = analysis.seen.shots
    first = [scene.first for scene in scenes]
    last = [scene.last - 1 for scene in scenes]
    names = {person.id: person.name for person in analysis.people}
    probabilities = np.array([scene.probabilities for scene in scenes], np.float64)
    columns = {
        "scene": pl.Series(range(len(scenes)), dtype=pl.Int64),
        "start": pl.Series([scene.start for scene in scenes], dtype=pl.Float64),
        "end": pl.Series([scene.end for scene in scenes], dtype=pl.Float64),
        "start_pts": shots["start_pts"].gather(first),
        "end_pts": shots["end_pts"].gather(last),
        "first_shot": pl.Series(first, dtype=pl.Int64),
        "last_shot": pl.Series(last, dtype=pl.Int64),
        "shots": pl.Series([s.last - s.first for s in scenes], dtype=pl.Int64),
        "shots_per_minute": pl.Series([s.shots_per_minute for s in scenes], dtype=pl.Float64),
        "separation": pl.Series([s.separation for s in scenes], dtype=pl.Float64),
        "characters": pl.Series([" ".join(s.characters) for s in scenes], dtype=pl.String),
        "names": pl.Series(
            ["; ".join(names[id] for id in s.characters) for s in scenes], dtype=pl.String
        ),
        "dominant": pl.Series([s.dominant(analysis.classes) for s in scenes], dtype=pl.String),
        "coverage": pl.Series([s.coverage for s in scenes], dtype=pl.Float64),
    }
    mix = _classes(analysis, probabilities.reshape(len(scenes), len(analysis.classes)))
    return pl.DataFrame(columns).with_columns(mix)


def _arc(analysis: Analysis, person: Person) -> pl.DataFrame:
    arc, seen = person.arc, person.arc.seen
    columns: dict[str, Doubles] = {"valence": valence(arc.mean, analysis.classes)}
    columns |= {"valence_low": arc.derived_low, "valence_high": arc.derived_high}
    for at, name in enumerate(analysis.classes):
        columns[name] = arc.mean[:, at]
        columns[f"{name}_low"], columns[f"{name}_high"] = arc.low[:, at], arc.high[:, at]
    return pl.DataFrame(
        {
            "character": pl.Series([person.id] * int(seen.sum()), dtype=pl.String),
            "name": pl.Series([person.name] * int(seen.sum()), dtype=pl.String),
            "seconds": arc.seconds[seen],
            **{name: values[seen] for name, values in columns.items()},
        }
    )


def _named(analysis: Analysis, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the ``name`` of their ``character``."""
    people = [(person.id, person.name) for person in analysis.people]
    names = pl.DataFrame(people, {"character": pl.String, "name": pl.String}, orient="row")
    return rows.join(names, on="character", how="left", maintain_order="left")


def _classes(analysis: Analysis, values: Doubles) -> list[pl.Series]:
    """A column per class; what is not known is null."""
    return [
        pl.Series(name, values[:, at]).fill_nan(None) for at, name in enumerate(analysis.classes)
    ]
