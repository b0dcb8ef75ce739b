"""Tiny datasets of drawn pictures, put together without a film."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Image
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.dataset.votes import Vote, Votes

NEAR = {"phash": 6, "dhash": 8, "min_deviation": 6.0}


@dataclass
class Still:
    """An imported picture, with everything that a test may want to set."""

    member: str
    image: Image
    label: str | None = "happy"
    split: str | None = "train"
    film: str | None = None
    scene: str | None = None
    character: str | None = None
    clip: str | None = None
    track: str | None = None
    status: str = "kept"
    reason: str | None = None
    keeper: str | None = None
    source: str = "course"

    @property
    def id(self) -> str:
        return hash_json([self.source, self.member])


def noise(seed: int, side: int = 24) -> Image:
    """A blurred picture of chance; two seeds look nothing alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.ascontiguousarray(np.kron(coarse, np.ones((side // 6, side // 6, 1), np.uint8)))


def make_set(
    path: Path, stills: Sequence[Still], *, level: str | None = "shot", votes: bool = True
) -> Store:
    """Write a dataset of imported pictures, split and labelled as they say."""
    store = Store.create(path)
    add_stills(store, stills, votes=votes)
    split(store, stills, level=level)
    return store


def add_stills(store: Store, stills: Sequence[Still], *, votes: bool = True) -> None:
    """Import pictures: rows of ``stills`` and ``facts``, the mark, and the votes."""
    levels = ("film", "scene", "character", "clip", "track")
    columns = ("id", "source", "member", *levels, "label")
    rows = [
        {name: getattr(s, name) for name in columns}
        | {"width": 24, "height": 24, "image": encode_image(s.image, "png")}
        for s in stills
    ]
    store.append("stills", table("stills", rows))
    facts = [{"id": s.id, "status": s.status, "reason": s.reason} for s in stills]
    store.append("facts", table("facts", facts))
    twins = [
        {"id": s.id, "keeper": s.keeper, "kind": "exact", "distance": 0}
        for s in stills
        if s.keeper is not None
    ]
    store.append("duplicates", table("duplicates", twins))
    sources = [
        {"name": name, "kind": "folder", "rights": f"rights of {name}"} for name in names(stills)
    ]
    store.replace("sources", table("sources", sources), key="name")
    if votes:
        labelled = [s for s in stills if s.label is not None]
        Votes(store.path).add(Vote(s.id, s.label or "", s.source, "import") for s in labelled)


def names(stills: Iterable[Still]) -> list[str]:
    return sorted({s.source for s in stills})


def split(store: Store, stills: Sequence[Still], *, level: str | None = "shot") -> None:
    """Write the sides that the stills name."""
    rows = [(s.id, s.clip or s.id, s.split, None) for s in stills if s.status == "kept"]
    frame = pl.DataFrame(
        rows,
        schema=dict.fromkeys(("id", "key", "split", "reason"), pl.String),
        orient="row",
    )
    write_assignment(store, frame, {"level": level, "near": NEAR, "ratios": [70, 20, 10]})


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, TABLES[name])


def simple(n: int = 12) -> list[Still]:
    """Pictures of three clips, one on each side, two classes."""
    sides = ("train", "val", "test")
    return [
        Still(
            f"{'ANGRY' if i % 2 else 'HAPPY'}_{i % 3:02}_{i:04}.png",
            noise(i),
            label="angry" if i % 2 else "happy",
            split=sides[i % 3],
            film=f"Film {i % 3}",
            clip=f"{i % 3:02}",
        )
        for i in range(n)
    ]
