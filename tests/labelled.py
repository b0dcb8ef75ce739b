"""Small datasets for tests about labels, written straight into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES


def sample_id(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Face:
    """A face that a build found; ``name`` gives the id."""

    name: str
    pts: int
    film: str = "f1"
    base: tuple[int, int] = (1, 25)
    frame: int | None = None
    status: str = "kept"
    recipe: str = "r"


def film_id(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def make_dataset(
    path: Path,
    *,
    faces: Sequence[Face] = (),
    films: Mapping[str, tuple[str, str]] | None = None,
    stills: Sequence[str] = (),
    characters: Mapping[str, str] | None = None,
    twins: Sequence[tuple[str, str, str]] = (),
) -> Dataset:
    """Write a dataset.

    Args:
        path: Its folder.
        faces: Crops of films.
        films: Title and path by name of the film.
        stills: Names of imported pictures.
        characters: The character of stills, by name.
        twins: Name, name of the keeper and kind, of every member of a group but the keeper.
    """
    store = Store.create(path)
    crops, facts = [], []
    for face in faces:
        seconds = face.pts * face.base[0] / face.base[1]
        owner = {"id": sample_id(face.name), "film": film_id(face.film), "recipe": face.recipe}
        times = {"time_base_num": face.base[0], "time_base_den": face.base[1], "seconds": seconds}
        crops.append(owner | times | {"pts": face.pts, "image": picture(face.name)})
        facts.append(owner | {"frame": face.frame, "status": face.status})
    _append(store, "crops", crops)
    _append(store, "facts", facts + [{"id": sample_id(n), "status": "kept"} for n in stills])
    _append(
        store,
        "stills",
        [
            {
                "id": sample_id(name),
                "source": "stills",
                "member": name,
                "character": (characters or {}).get(name),
                "image": picture(name),
            }
            for name in stills
        ],
    )
    for name, (title, place) in (films or {"f1": ("First", "/films/first.mkv")}).items():
        film = {"film": film_id(name), "title": title, "path": place, "status": "done"}
        _append(store, "films", [film | {"recipe": "r"}])
    members = {keeper: kind for _, keeper, kind in twins}
    rows = [(name, keeper, kind) for name, keeper, kind in twins]
    rows += [(keeper, keeper, kind) for keeper, kind in members.items()]
    _append(
        store,
        "duplicates",
        [{"id": sample_id(n), "keeper": sample_id(k), "kind": kind} for n, k, kind in rows],
    )
    return open_dataset(path)


def picture(name: str) -> bytes:
    pixels = np.frombuffer(sha256(name.encode()).digest()[:27], np.uint8).reshape(3, 3, 3)
    return encode_image(pixels.repeat(4, 0).repeat(4, 1), "png")


def _append(store: Store, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    schema = TABLES[table]
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    store.append(table, pa.Table.from_pylist(full, schema=schema))
