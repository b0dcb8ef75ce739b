"""Frozen versions of drawn pictures, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image as Pillow

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Image
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.images import decode_image, encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.dataset.versions import Version
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.versions.freeze import freeze


@dataclass
class Sample:
    """An imported picture; ``votes`` by label."""

    name: str
    data: bytes
    votes: Mapping[str, int] = field(default_factory=lambda: {"happy": 1})
    split: str | None = "train"
    status: str = "kept"
    film: str | None = None

    @property
    def id(self) -> str:
        return hash_json(["drawn", self.name])


def drawn(seed: int, height: int = 24, width: int = 24) -> Image:
    """Coarse chance; two seeds look nothing alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    tall, wide = -(-height // 6), -(-width // 6)
    return np.ascontiguousarray(
        np.kron(coarse, np.ones((tall, wide, 1), np.uint8))[:height, :width]
    )


def png(seed: int, height: int = 24, width: int = 24) -> bytes:
    return encode_image(drawn(seed, height, width), "png")


def file(image: Image, format: str, mode: str = "RGB", **options: object) -> bytes:
    """A picture as Pillow writes it."""
    out = BytesIO()
    Pillow.fromarray(image).convert(mode).save(out, format, **options)  # type: ignore[arg-type]
    return out.getvalue()


def usual(n: int = 24) -> list[Sample]:
    """Two classes on three sides, and what an export leaves out."""
    sides = ("train", "train", "val", "test")
    samples = [
        Sample(
            f"clip{i % 4}/{i:04}.png",
            png(i),
            {"angry": 1} if i // 4 % 2 else {"happy": 3, "angry": 1},
            sides[i % 4],
            film=f"Film {i % 4}",
        )
        for i in range(n)
    ]
    return [
        *samples,
        Sample("nobody.png", png(900), {}, "train"),
        Sample("blank.png", png(901), {"not_a_face": 2}, "train"),
        Sample("blurred.png", png(902), {"happy": 1}, status="rejected"),
    ]


def frozen(
    path: Path,
    samples: Sequence[Sample],
    *,
    tag: str = "v1",
    classes: Sequence[str] | None = None,
    rights: str | None = "CC BY 4.0",
) -> Version:
    """Write a dataset and freeze it."""
    store = Store.create(path)
    stills, facts, votes, sides = [], [], [], []
    for sample in samples:
        place = {"id": sample.id, "source": "drawn", "member": sample.name, "film": sample.film}
        height, width = decode_image(sample.data).shape[:2]
        stills.append(place | {"image": sample.data, "width": width, "height": height})
        facts.append({"id": sample.id, "status": sample.status, "reason": None})
        votes += [
            Vote(sample.id, label, f"rater {label}", "human", count=count)
            for label, count in sample.votes.items()
        ]
        if sample.status == "kept":
            sides.append((sample.id, sample.id, sample.split, None))
    for name, rows in {
        "stills": stills,
        "facts": facts,
        "sources": [{"name": "drawn", "kind": "folder", "rights": rights}],
    }.items():
        store.append(name, pa.Table.from_pylist(rows, TABLES[name]))
    Votes(path).add(votes)
    columns = dict.fromkeys(("id", "key", "split", "reason"), pl.String)
    near = {"phash": 6, "dhash": 8, "min_deviation": 6.0}
    write_assignment(
        store, pl.DataFrame(sides, columns, orient="row"), {"level": None, "near": near}
    )
    return freeze(path, tag=tag, classes=classes)
