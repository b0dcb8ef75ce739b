"""Datasets of films that nobody decoded: rows of faces of one colour each, already analysed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CAST, CROPS, FACTS, FILMS, FRAMES, SHOTS

TIME_BASE = (1, 25)
RECIPE = "r" * 32
POINTS = [22, 12, 10, 12, 16, 16, 20, 22, 12, 22]


def filmed(path: Path) -> Store:
    """An empty dataset."""
    store = Store.create(path)
    store.admit(RECIPE, {"recipe": {}}, beside_others=True)
    return store


def add_film(
    store: Store, film: str, characters: Mapping[str, Sequence[float]], *, tracks: int = 2
) -> None:
    """Add a film whose characters have faces of a colour, in shots of their own."""
    owner = {"film": film, "recipe": RECIPE}
    rng = np.random.default_rng(int.from_bytes(film.encode()[:4], "little"))
    crops, facts, frames, shots, cast = [], [], [], [], []
    for number, (character, colour) in enumerate(
        (name, colour) for name, colour in characters.items() for _ in range(tracks)
    ):
        shots.append(
            owner
            | {"shot": number, "start_pts": 50 * number, "end_pts": 50 * number + 50}
            | {"time_base_num": TIME_BASE[0], "time_base_den": TIME_BASE[1]}
            | {"start_frame": 50 * number, "end_frame": 50 * number + 50, "transition": "cut"}
        )
        cast.append(owner | {"track": number, "character": character, "name": None})
        for pts in range(50 * number, 50 * number + 50, 10):
            id = f"{film[:8]}{pts:024}"
            place = owner | {"segment": 0, "pts": pts, "seconds": pts / TIME_BASE[1]}
            pixels = 200 * np.array(colour) + rng.normal(scale=2, size=(32, 32, 3))
            image = np.clip(pixels, 0, 255).astype(np.uint8)
            crops.append(
                place
                | {"id": id, "time_base_num": TIME_BASE[0], "time_base_den": TIME_BASE[1]}
                | {"box": [8, 8, 24, 24], "landmarks": POINTS, "crop_landmarks": POINTS}
                | {"score": 0.9, "image": encode_image(image, "png")}
            )
            facts.append(
                owner
                | {"id": id, "segment": 0, "frame": pts, "shot": number, "track": number}
                | {"quality": 0.8, "status": "kept"}
            )
            frames.append(place | {"outcome": "faces", "samples": 1})
    row = owner | {"path": f"{film}.mp4", "title": f"Film {film[0]}", "status": "done"}
    row |= {"seconds": 2.0 * len(shots), "width": 32, "height": 32, "failed_segments": 0}
    for name, rows, schema in (
        *(("crops", crops, CROPS), ("facts", facts, FACTS), ("frames", frames, FRAMES)),
        *(("shots", shots, SHOTS), ("films", [row], FILMS), ("cast", cast, CAST)),
    ):
        store.append(name, pa.Table.from_pylist(rows, schema))
