from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset import levels
from cinemotion.dataset.store import Store
from cinemotion.flows.versions.freeze import freeze
from cinemotion.flows.versions.proof import LEVELS, PROMISES
from smallsets import Still, make_set, noise, simple


def _proof(store: Store, **options: Any) -> dict[str, Any]:
    return dict(freeze(store.path, tag="v1", **options).record["proof"])


def _pair(**shared: Any) -> list[Still]:
    """Two pictures on two sides that share the groups given, among others that share none."""
    others = [dataclasses.replace(still, film=None, clip=None) for still in simple(6)]
    pair = [
        Still("one.png", noise(50), split="train", film="A", clip="1"),
        Still("two.png", noise(51), split="test", film="B", clip="2"),
    ]
    return [*others, *(dataclasses.replace(still, **shared) for still in pair)]


def test_every_level_is_checked_or_not_available(tmp_path: Path) -> None:
    proof = _proof(make_set(tmp_path / "d", simple(), level="film"))
    states = {name: proof["levels"][name]["state"] for name in LEVELS}
    assert states == {
        "film": "checked",
        "scene": "not available",
        "character": "not available",
        "shot": "checked",
        "track": "not available",
    }
    assert proof["levels"]["film"]["groups"] == 3
    assert proof["holds"] and proof["leaks"] == []
    assert proof["near"]["threshold"] == {"phash": 6, "dhash": 8, "min_deviation": 6.0}


@pytest.mark.parametrize("level", ["film", "character"])
def test_a_promised_group_on_two_sides_is_a_leak(tmp_path: Path, level: str) -> None:
    store = make_set(tmp_path / "d", _pair(**{level: "same"}), level=level)
    with pytest.raises(DatasetError, match=rf"1 leak across splits; .* share one {level}"):
        freeze(store.path, tag="v1")
    assert not (store.path / "versions").exists()
    assert not (store.path / "tags").exists()
    assert not (store.path / "HEAD").exists()


def test_a_finer_group_than_promised_is_a_leak_too(tmp_path: Path) -> None:
    store = make_set(tmp_path / "d", _pair(film="same", clip="same"), level="film")
    version = freeze(store.path, tag="v1", allow_leakage="a test")
    assert [leak["kind"] for leak in version.record["proof"]["leaks"]] == ["film", "shot"]


def test_a_coarser_group_that_straddles_is_said(tmp_path: Path) -> None:
    proof = _proof(make_set(tmp_path / "d", _pair(film="same"), level="shot"))
    assert proof["holds"]
    assert proof["levels"]["film"]["straddling"] == 1
    assert not proof["levels"]["film"]["promised"]
    assert proof["levels"]["shot"] | {"examples": []} == {
        "state": "checked",
        "groups": 2,
        "straddling": 0,
        "examples": [],
        "without": 6,
        "promised": True,
    }


def test_every_level_promises_itself() -> None:
    assert all(level in promised for level, promised in PROMISES.items())
    assert LEVELS == levels.LEVELS


def test_exact_twins_are_a_leak_at_any_level(tmp_path: Path) -> None:
    stills = simple()
    twin = dataclasses.replace(stills[1], image=stills[0].image)
    store = make_set(tmp_path / "d", [stills[0], twin, *stills[2:]], level=None)
    with pytest.raises(DatasetError) as caught:
        freeze(store.path, tag="v1")
    assert "are exact twins; run cinemotion dedup" in str(caught.value)
    assert stills[0].id in str(caught.value)
    assert "\n" not in str(caught.value)


def test_twins_of_which_one_is_rejected_are_none(tmp_path: Path) -> None:
    stills = simple()
    twin = dataclasses.replace(stills[1], image=stills[0].image, keeper=stills[0].id)
    proof = _proof(make_set(tmp_path / "d", [stills[0], twin, *stills[2:]]))
    assert proof["exact"]["straddling"] == 0


def test_near_twins_are_a_leak_and_the_closest_pair_is_named(tmp_path: Path) -> None:
    stills = simple()
    lighter = np.clip(stills[0].image.astype(int) + 3, 0, 255).astype(np.uint8)
    twin = dataclasses.replace(stills[1], image=lighter)
    store = make_set(tmp_path / "d", [stills[0], twin, *stills[2:]])
    with pytest.raises(DatasetError, match="are near twins"):
        freeze(store.path, tag="v1")
    proof = _proof(store, allow_leakage="a test")
    [closest, *others] = proof["closest"]["pairs"]
    assert {closest["a"], closest["b"]} == {stills[0].id, twin.id}
    assert set(closest["splits"]) == {"train", "val"}
    assert closest["distance"] == proof["closest"]["distance"] <= 6
    assert [pair["distance"] for pair in others] == sorted(p["distance"] for p in others)


def test_blank_pictures_are_near_to_nothing_but_exact_twins_count(tmp_path: Path) -> None:
    stills = simple()
    for index in (0, 1):
        black = np.full((24, 24, 3), index, np.uint8)
        stills[index] = dataclasses.replace(stills[index], image=black)
    store = make_set(tmp_path / "d", stills)
    proof = _proof(store)
    assert proof["near"]["blank"] == 2
    assert proof["near"]["straddling"] == 0
    stills[1] = dataclasses.replace(stills[1], image=stills[0].image)
    with pytest.raises(DatasetError, match="exact twins"):
        freeze(make_set(tmp_path / "e", stills).path, tag="v1")


def test_a_reason_lets_a_leak_pass_and_stays(tmp_path: Path) -> None:
    store = make_set(tmp_path / "d", _pair(film="same"), level="film")
    version = freeze(store.path, tag="v1", allow_leakage="to show how bad it is")
    assert not version.record["proof"]["holds"]
    assert version.record["allowed_leakage"] == "to show how bad it is"
    with pytest.raises(DatasetError, match="cannot be frozen"):
        freeze(store.path, tag="v2")
    with pytest.raises(BadInputError, match="needs a reason"):
        freeze(store.path, tag="v2", allow_leakage="  ")


def test_a_reason_without_a_leak_is_not_recorded(tmp_path: Path) -> None:
    version = freeze(make_set(tmp_path / "d", simple()).path, tag="v1", allow_leakage="just so")
    assert version.record["allowed_leakage"] is None


def test_the_record_names_no_film(tmp_path: Path) -> None:
    stills = _pair(film="Secret Title", clip="same")
    version = freeze(
        make_set(tmp_path / "d", stills, level="film").path, tag="v", allow_leakage="x"
    )
    for name in ("version.json", "manifest.parquet"):
        assert b"Secret Title" not in (version.folder / name).read_bytes()
    assert b"Secret Title" in (version.folder / "origins.parquet").read_bytes()


def test_one_side_alone_has_nothing_across(tmp_path: Path) -> None:
    stills = [dataclasses.replace(still, split="train") for still in simple()]
    proof = _proof(make_set(tmp_path / "d", stills))
    assert proof["closest"] == {"distance": None, "pairs": []}
    assert proof["holds"]
