"""No version leaks: an independent checker looks for leaks in the bytes that are written out.

Each random dataset has a few films and clips, and planted twins. Our split must be clean for the
checker and for our proof. Where sides are drawn by chance instead, some datasets leak: whatever
the proof lets pass must be clean for the checker, and whatever it refuses must not be.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from bruteforce import leaks
from cinemotion.core.errors import DatasetError
from cinemotion.curate.hashes import fingerprint
from cinemotion.curate.neighbours import Nearness
from cinemotion.curate.splits import split_groups
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import Version
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.splitting.split import split
from cinemotion.flows.splitting.ties import find_twins, group_by_level
from cinemotion.flows.versions.freeze import freeze
from cinemotion.flows.versions.proof import LEVELS, prove
from smallsets import Still, add_stills, make_set, noise

DATASETS, DRAWN = 1000, 300
SIDES = ("train", "val", "test")


def _random_stills(seed: int) -> list[Still]:
    """Four to ten pictures of two to five clips, with twins, on sides of all kinds."""
    chance = random.Random(seed)
    films = [f"film{i}" for i in range(chance.randint(1, 3))]
    clips = [(chance.choice(films), f"{i}") for i in range(chance.randint(2, 5))]
    by_clip = chance.random() < 0.8  # else the field's worst habit: a side per picture
    side_of = {clip: chance.choice(SIDES) for clip in clips}
    twins = chance.choice((0.0, 0.0, 0.2))
    stills: list[Still] = []
    for number in range(chance.randint(4, 10)):
        film, clip = chance.choice(clips)
        # Grey, where every way to work out luma agrees: ours and the checker's differ by a
        # rounding, which can move a pair across the limit.
        image = np.repeat(noise(chance.randrange(10**6), side=12)[..., :1], 3, axis=2)
        if stills and chance.random() < twins:
            image = _twin(chance.choice(stills).image, chance)
        side = side_of[film, clip] if by_clip else chance.choice(SIDES)
        name = f"{film}-{clip}-{number}.png"
        stills.append(Still(name, image, split=side, film=film, clip=clip))
    return stills


def _twin(image: np.ndarray, chance: random.Random) -> np.ndarray:
    """The same picture, or a little brighter, or with a little noise."""
    match chance.randrange(3):
        case 0:
            return image
        case 1:
            return np.clip(image.astype(int) + 2, 0, 255).astype(np.uint8)
        case _:
            dust = np.random.default_rng(chance.randrange(10**6)).integers(-2, 3, (12, 12, 1))
            return np.clip(image + dust, 0, 255).astype(np.uint8)


def _table(stills: list[Still]) -> pl.DataFrame:
    prints = fingerprint([still.image for still in stills])
    unknown: dict[str, Any] = {name: [None] * len(stills) for name in LEVELS}
    return pl.DataFrame(
        {"id": [s.id for s in stills], "split": [s.split for s in stills]}
        | unknown
        | {"film": [s.film for s in stills], "shot": [f"{s.film}/{s.clip}" for s in stills]}
        | {name: getattr(prints, name) for name in ("pixels", "phash", "dhash", "deviation")},
        schema_overrides=dict.fromkeys(LEVELS, pl.String),
    )


def _holds(stills: list[Still]) -> bool:
    return bool(prove(_table(stills), nearness=Nearness(), group="shot")["holds"])


def _split(stills: list[Still], seed: int) -> list[Still]:
    """The stills on the sides that our split gives them, without the store between."""
    samples = _table(stills)
    keys = group_by_level(samples, "shot").tied(find_twins(samples, Nearness())).keys()
    groups = keys.value_counts(name="size").sort(keys.name)
    sizes = groups["size"].to_numpy()
    names = groups[keys.name].to_list()
    found = split_groups(sizes[:, None], sizes, (70, 20, 10), keys=names, seed=seed)
    side_of = {name: SIDES[side] for name, side in zip(names, found.assignment, strict=True)}
    return [replace(s, split=side_of[key]) for s, key in zip(stills, keys, strict=True)]


def _write(folder: Path, stills: list[Still]) -> Path:
    for still in stills:
        path = folder / str(still.split) / "happy" / still.member
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(still.image).save(path)
    return folder


@pytest.mark.slow
def test_no_split_of_ours_leaks(tmp_path: Path) -> None:
    sides = Counter()
    for seed in range(DATASETS):
        stills = _split(_random_stills(seed), seed)
        assert leaks(_write(tmp_path / str(seed), stills)) == [], seed
        assert _holds(stills), seed
        sides[len({still.split for still in stills})] += 1
    assert sides[3] + sides[2] > DATASETS / 2  # else there is nothing to leak across


@pytest.mark.slow
def test_what_the_proof_lets_pass_is_clean_and_what_it_refuses_is_not(tmp_path: Path) -> None:
    passed = 0
    for seed in range(DRAWN):
        stills = _random_stills(seed)
        found = leaks(_write(tmp_path / str(seed), stills))
        assert _holds(stills) == (not found), (seed, found)
        passed += not found
    assert DRAWN / 4 < passed < DRAWN * 3 / 4  # else the datasets are no test


@pytest.mark.parametrize("seed", range(10))
def test_a_dataset_that_was_curated_and_frozen_is_clean(tmp_path: Path, seed: int) -> None:
    store = Store.create(tmp_path / "d")
    add_stills(store, _random_stills(seed))
    dedup(open_dataset(store.path))
    split(open_dataset(store.path), group="shot", seed=seed)
    version = freeze(store.path, tag="v1")
    assert leaks(_export(version, tmp_path / "out")) == []


@pytest.mark.parametrize("seed", range(12))
def test_a_frozen_version_is_clean_and_a_leaking_dataset_is_not_frozen(
    tmp_path: Path, seed: int
) -> None:
    stills = _random_stills(seed)
    store = make_set(tmp_path / "d", stills)
    found = leaks(_write(tmp_path / "as-drawn", stills))
    if found:
        with pytest.raises(DatasetError, match="cannot be frozen"):
            freeze(store.path, tag="v1")
        return
    version = freeze(store.path, tag="v1")
    assert leaks(_export(version, tmp_path / "out")) == []


def _export(version: Version, folder: Path) -> Path:
    kept = version.samples().filter(pl.col("status") == "kept", pl.col("split").is_not_null())
    for row, data in zip(
        kept.iter_rows(named=True), version.encoded(kept["id"].to_list()), strict=True
    ):
        path = folder / row["split"] / row["label"] / row["member"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


CLEAN = [
    Still(f"film{i}-{i}-{i}.png", noise(i, side=12), split=SIDES[i % 3], film=f"film{i}")
    for i in range(6)
]


def test_the_checker_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    assert leaks(_write(tmp_path, CLEAN)) == []


@pytest.mark.parametrize("kind", ["exact", "near", "clip", "film"])
def test_the_checker_finds_a_planted_leak(tmp_path: Path, kind: str) -> None:
    first = CLEAN[0]
    brighter = np.clip(first.image.astype(int) + 3, 0, 255).astype(np.uint8)
    planted = {
        "exact": Still("film9-9-9.png", first.image, split="test"),
        "near": Still("film9-9-9.png", brighter, split="test"),
        "clip": Still("film0-0-9.png", noise(99, side=12), split="test"),
        "film": Still("film0-9-9.png", noise(99, side=12), split="test"),
    }[kind]
    level = "film" if kind == "film" else "clip"
    found = leaks(_write(tmp_path, [*CLEAN, planted]), level=level)
    assert {leak.split(":")[0] for leak in found} <= {kind, "near"}
    assert any(leak.startswith(f"{kind}:") and "film0-0-0" in leak for leak in found)
