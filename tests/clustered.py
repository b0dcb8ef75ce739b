"""A frozen version with features made by hand, for tests of what is done with clusters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.features import FeatureStore
from cinemotion.dataset.store import Store
from cinemotion.flows.versions.freeze import freeze
from smallsets import Still, add_stills, noise


def featured(path: Path, *, labels: bool = True, confounded: bool = False) -> str:
    """Write 48 pictures of two films, freeze them, and add three feature sets.

    ``hand`` shows the film, ``chance`` nothing, and in ``flat`` all are equal. Emotions lie across
    the films, or with ``confounded`` each film has one. Each sample has a track of its own.

    Returns:
        ``DATASET@v1``.
    """
    stills = [
        Still(
            f"{i:03}.png",
            noise(i),
            label=_label(i, confounded) if labels else None,
            film=f"Film {i % 2}",
            track=f"{i}",
        )
        for i in range(48)
    ]
    store = Store.create(path)
    add_stills(store, stills)
    rows = [(still.id, still.id, ("train", "val")[i % 2], None) for i, still in enumerate(stills)]
    columns = dict.fromkeys(("id", "key", "split", "reason"), pl.String)
    near = {"phash": 6, "dhash": 8, "min_deviation": 6.0}
    write_assignment(
        store, pl.DataFrame(rows, columns, orient="row"), {"level": None, "near": near}
    )
    freeze(path, tag="v1", classes=None if labels else ["happy"])
    _add_features(path, stills)
    return f"{path}@v1"


def _label(i: int, confounded: bool) -> str | None:
    if i in (10, 11):
        return None
    if i == 12:
        return "not_a_face"
    return "happy" if (i % 2 if confounded else i // 2 % 2) else "angry"


def _add_features(path: Path, stills: list[Still]) -> None:
    random = np.random.default_rng(0)
    film = np.array([[int((still.film or "")[-1])] for still in stills])
    chance = random.normal(size=(len(stills), 4))
    sets = {"hand": 30 * film + chance, "chance": chance[::-1], "flat": np.ones_like(chance)}
    features = FeatureStore(path)
    for name, vectors in sets.items():
        ids = [still.id for still in stills]
        features.add({"name": name}, ids, vectors.astype(np.float32))
