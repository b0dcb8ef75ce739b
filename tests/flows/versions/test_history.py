from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import read_head
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.versions.diff import CHANGES, diff
from cinemotion.flows.versions.forget import forget
from cinemotion.flows.versions.freeze import freeze
from cinemotion.flows.versions.history import checkout, list_versions
from smallsets import Still, add_stills, make_set, noise, simple, split, table


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_set(tmp_path / "d", simple())


def test_a_version_does_not_differ_from_itself(store: Store) -> None:
    version = freeze(store.path, tag="v1")
    found = diff(version, version)
    assert [found[name]["count"] for name in CHANGES] == [0] * len(CHANGES)
    assert found["classes"] is None and found["recipe"] is None


def test_a_diff_names_every_change(store: Store) -> None:
    stills = simple()
    first = freeze(store.path, tag="v1")
    new = Still("new.png", noise(60), split="train", clip="00")
    add_stills(store, [new])
    store.delete("stills", f"id = '{stills[11].id}'")
    store.delete("facts", f"id = '{stills[11].id}'")
    rejected = {"id": stills[10].id, "status": "rejected", "reason": "blurred"}
    store.replace("facts", table("facts", [rejected]), key="id")
    moved = [dataclasses.replace(s, split="test" if s.clip == "01" else s.split) for s in stills]
    split(store, [*moved[:10], new])
    votes = Votes(store.path)
    votes.add([Vote(stills[0].id, "sad", "anna"), Vote(stills[1].id, "angry", "anna", count=2)])
    votes.add([Vote(stills[1].id, "sad", "ben")])
    second = freeze(store.path, tag="v2")
    found = diff(first, second)
    assert found["added"]["ids"] == [new.id]
    assert found["removed"]["ids"] == [stills[11].id]
    assert found["relabelled"] == {
        "count": 1,
        "ids": [stills[0].id],
        "from_to": {"happy → sad": 1},
    }
    assert found["revoted"]["ids"] == [stills[1].id]
    assert found["status"]["from_to"] == {"kept → rejected": 1}
    in_clip = {s.id for s in stills if s.clip == "01"}
    assert found["moved"]["from_to"] == {"val → none": 1, "val → test": 3}
    assert set(found["moved"]["ids"]) == in_clip
    assert found["repainted"]["count"] == 0
    assert found["classes"] == {"a": ["angry", "happy"], "b": ["angry", "happy", "sad"]}
    backwards = diff(second, first)
    assert backwards["added"] == found["removed"]
    assert backwards["relabelled"]["from_to"] == {"sad → happy": 1}


def test_a_checked_out_version_is_what_the_next_one_follows(store: Store) -> None:
    stills = simple()
    first = freeze(store.path, tag="v1")
    before = read_assignment(store)
    split(store, [dataclasses.replace(still, split="train") for still in stills])
    second = freeze(store.path, tag="v2")
    assert read_head(store.path) == second.id
    checkout(store.path, "v1")
    after = read_assignment(store)
    assert before is not None and after is not None
    assert after[0].equals(before[0]) and after[1] == before[1]
    assert freeze(store.path, tag="same").id == first.id
    Votes(store.path).add([Vote(stills[0].id, "sad", "anna")])
    third = freeze(store.path, tag="v3")
    assert third.record["parent"] == first.id
    assert third.record["counts"]["train"] == {"angry": 2, "happy": 1, "sad": 1}


def test_samples_since_a_checked_out_version_need_a_split(store: Store) -> None:
    freeze(store.path, tag="v1")
    late = Still("late.png", noise(60), clip="00")
    add_stills(store, [late])
    split(store, [*simple(), late])
    freeze(store.path, tag="v2")
    checkout(store.path, "v1")
    with pytest.raises(DatasetError, match="1 of 13 kept samples"):
        freeze(store.path, tag="v3")


def test_what_was_forgotten_is_not_checked_out(store: Store) -> None:
    freeze(store.path, tag="v1")
    forget(store.path, "Film 1")
    checkout(store.path, "v1")
    found = read_assignment(store)
    assert found is not None
    assert found[0].height == 8
    assert not found[0].filter(pl.col("key") == "01").height


def test_versions_are_listed_parents_first(store: Store) -> None:
    ids = []
    for number, label in enumerate(("happy", "sad", "fear", "angry")):
        Votes(store.path).add([Vote(simple()[0].id, label, "anna")])
        ids.append(freeze(store.path, tag=f"v{number}", message=f"number {number}").id)
    rows = list_versions(store.path)
    assert [row["id"] for row in rows] == ids
    assert [row["head"] for row in rows] == [False, False, False, True]
    assert rows[1]["tags"] == ["v1"] and rows[1]["messages"] == {"v1": "number 1"}
    assert rows[1]["parent"] == ids[0]
    assert [row["kept"] for row in rows] == [12] * 4
    assert list_versions(Store.create(store.path.parent / "empty").path) == []
