"""An analysis of a film that nobody decoded: sightings, answers and people drawn by chance.

    analysis, cast = synthesise(tmp_path / "dataset", seconds=7200, shots=1500, people=20)
    write_analysis(analysis, cast, tmp_path / "report")

Every sampled frame shows one or two people; answers drift over the film, so that arcs turn.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CROPS
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.cast import Member
from cinemotion.flows.analyzing.casting import Cast
from cinemotion.flows.analyzing.footage import Footage
from cinemotion.flows.analyzing.people import describe_tracks
from cinemotion.flows.analyzing.reading import draw_up
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.flows.analyzing.sightings import Sightings
from cinemotion.flows.looking.demo import portraits
from cinemotion.learn.classifier import open_classifier

_TICKS = 1000  # a second
_PICTURES = 60  # crops in the dataset; faces share them


def synthesise(
    folder: Path, *, seconds: float, shots: int, people: int, every: float = 0.2, seed: int = 0
) -> tuple[Analysis, Cast]:
    """Draw an analysis up from chance.

    Args:
        folder: Where the dataset of crops goes.
        seconds: Length of the film.
        shots: How many.
        people: Characters.
        every: Seconds between two sampled frames.
        seed: Of chance.
    """
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(1, int(seconds * 10)), shots - 1, replace=False)) / 10
    start, end = np.r_[0.0, cuts], np.r_[cuts, seconds]
    table = pl.DataFrame(
        {
            "shot": np.arange(shots, dtype=np.int32),
            "start": start,
            "end": end,
            "start_pts": (start * _TICKS).astype(np.int64),
            "end_pts": (end * _TICKS).astype(np.int64),
            "start_frame": (start * 25).astype(np.int64),
            "end_frame": (end * 25).astype(np.int64),
            "transition": ["start", *["cut"] * (shots - 1)],
            "scale": ["close-up"] * shots,
        }
    )
    times = np.arange(0, seconds, every)
    shot = np.searchsorted(start, times, side="right") - 1
    until = np.minimum(np.r_[times[1:], seconds], end[shot])
    frames = pl.DataFrame(
        {
            "pts": np.rint(times * _TICKS).astype(np.int64),
            "seconds": times,
            "until_pts": np.rint(until * _TICKS).astype(np.int64),
            "until": until,
            "stretch": until - times,
            "shot": shot.astype(np.int32),
        }
    )
    pictures = _crops(folder, rng)
    # Of each shot one or two people; a scene of some ten shots has four to choose from.
    casts = rng.integers(0, people, (shots // 10 + 1, 4))
    first = casts[np.arange(shots) // 10, rng.integers(0, 4, shots)]
    second = casts[np.arange(shots) // 10, rng.integers(0, 4, shots)]
    both = (second != first) & (rng.random(shots) < 0.4)
    rows = [_faces(frames, shot, np.ones(shots, bool), 0, rng, pictures)]
    rows.append(_faces(frames, shot, both, shots, rng, pictures))
    faces = pl.concat(rows).sort("pts", "track")
    rooms = rng.integers(0, 256, (shots // 10 + 1, 2, 9, 16, 3), dtype=np.uint8)
    colours = rooms[shot // 10, shot % 2]
    seen = Sightings(frames, faces, table, Fraction(1, _TICKS), 0.0, seconds, colours)
    tracks = describe_tracks(seen)
    numbers = tracks["track"].to_numpy()
    owner = np.where(numbers < shots, first[numbers % shots], second[numbers % shots])
    ids = [f"c{each + 1:02}" for each in range(people)]
    tracks = tracks.with_columns(character=pl.Series([ids[each] for each in owner]))
    members = [
        Member(id, "", tuple(numbers[owner == each].tolist()))
        for each, id in enumerate(ids)
        if (owner == each).any()
    ]
    card = open_classifier("compact-v1", threads=1).card
    moods = np.sin(times[:, None] / np.linspace(40, 400, len(card.classes))) * 2
    logits = moods[np.searchsorted(times, faces["seconds"].to_numpy())]
    logits = logits + rng.normal(0, 1, logits.shape)
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    analysis = draw_up(
        Footage(folder, folder / "film.mp4", _row(seconds), every, True),
        seen,
        answers,
        tracks,
        members,
        recipe=AnalyzeRecipe(),
        card=card,
    )
    return analysis, Cast(members, edited=False)


def _row(seconds: float) -> dict[str, Any]:
    return {
        "film": "f" * 64,
        "recipe": "r" * 16,
        "title": "film",
        "status": "done",
        "reason": None,
        "seconds": seconds,
        "frames": int(seconds * 25),
        "width": 1920,
        "height": 1080,
    }


def _crops(folder: Path, rng: np.random.Generator) -> list[str]:
    """Put pictures into a dataset; their ids."""
    store = Store.create(folder)
    portrait = portraits()[0][:192, :192]
    rows = []
    for at in range(_PICTURES):
        noisy = np.clip(portrait + rng.normal(0, 12, portrait.shape), 0, 255).astype(np.uint8)
        rows.append(
            {
                "id": f"{at:032}",
                "film": "f" * 64,
                "recipe": "r" * 16,
                "image": encode_image(noisy, "jpeg"),
            }
        )
    store.append("crops", pa.Table.from_pylist(rows, CROPS))
    return [row["id"] for row in rows]


def _faces(
    frames: pl.DataFrame,
    shot: np.ndarray,
    shown: np.ndarray,
    from_track: int,
    rng: np.random.Generator,
    pictures: list[str],
) -> pl.DataFrame:
    rows = frames.filter(pl.Series(shown[shot]))
    n = rows.height
    box = np.tile(np.array([400, 200, 700, 600], np.float32), (n, 1))
    return rows.with_columns(
        id=pl.Series([pictures[at] for at in rng.integers(0, len(pictures), n)]),
        box=pl.Series(box, dtype=pl.Array(pl.Float32, 4)),
        score=pl.lit(0.9, pl.Float32),
        frame=(pl.col("seconds") * 25).cast(pl.Int64),
        track=pl.col("shot").cast(pl.Int32) + from_track,
        quality=pl.Series(rng.uniform(0.4, 1, n), dtype=pl.Float32),
        size=pl.lit(1.0, pl.Float32),
    )
