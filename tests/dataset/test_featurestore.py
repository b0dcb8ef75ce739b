"""Feature sets on disk."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.types import Floats
from cinemotion.dataset import features as module
from cinemotion.dataset.features import FeatureStore, feature_id, feature_tables
from cinemotion.dataset.store import Store

RECIPE = {"name": "toy", "side": 8}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(Store.create(tmp_path / "d").path)


def draw(n: int, d: int = 3, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def ids(n: int) -> list[str]:
    return [f"{i:064x}" for i in range(n)]


def test_what_was_added_is_read_in_any_order(store: FeatureStore) -> None:
    vectors = draw(40)
    for at in range(0, 40, 7):
        id = store.add(RECIPE, ids(40)[at : at + 7], vectors[at : at + 7])
    assert id == feature_id(RECIPE) and len(id) == 12
    assert store.known(id) == set(ids(40))
    order = np.random.default_rng(1).permutation(40)[:25]
    found = store.read(id, [ids(40)[i] for i in order])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors[order])
    assert store.read(id, []).shape == (0, 3)


def test_a_set_says_what_it_is(store: FeatureStore) -> None:
    id = store.add(RECIPE, ids(2), draw(2), spec="toy:eight")
    store.add(RECIPE, ids(4)[2:], draw(2), spec="toy")
    store.add({"name": "other"}, ids(1), draw(1, d=5))
    [entry] = [entry for entry in store.list() if entry.id == id]
    assert (entry.spec, entry.dimensions, entry.recipe) == ("toy:eight", 3, RECIPE)
    assert len(store.list()) == len(feature_tables(store.path)) == 2
    schema = lance.dataset(str(feature_tables(store.path)[0])).schema
    assert schema.names[0] == "id" and schema.names[1].split("-")[0] in ("toy", "other")


def test_many_commits_become_few_files(
    store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_FRAGMENTS", 5)
    vectors = draw(60)
    for i in range(60):
        id = store.add(RECIPE, [ids(60)[i]], vectors[i : i + 1])
    [table] = feature_tables(store.path)
    assert len(lance.dataset(str(table)).get_fragments()) <= 5
    assert len(list((table / "data").iterdir())) <= 6
    np.testing.assert_array_equal(store.read(id, ids(60)), vectors)


def test_a_sample_that_failed_has_a_reason_until_it_does_not(store: FeatureStore) -> None:
    vectors = draw(3)
    reasons = [None, "too dark", "no bytes"]
    id = store.add(RECIPE, ids(3), vectors, reasons=reasons)
    assert store.known(id) == {ids(3)[0]}
    assert store.failed(id) == {ids(3)[1]: "too dark", ids(3)[2]: "no bytes"}
    with pytest.raises(DatasetError, match=r"lack 2 of 3 samples; .* features .* --with toy"):
        store.read(id, ids(3))
    store.add(RECIPE, ids(3)[1:2], vectors[1:2])
    assert store.failed(id) == {ids(3)[2]: "no bytes"}
    np.testing.assert_array_equal(store.read(id, ids(3)[:2]), vectors[:2])


def test_what_was_forgotten_meanwhile_stays_out(store: FeatureStore) -> None:
    id = store.add(RECIPE, ids(4), draw(4), forgotten=lambda: {ids(4)[2]})
    assert store.known(id) == {*ids(4)} - {ids(4)[2]}
    store.add(RECIPE, ids(4)[2:3], draw(1), forgotten=lambda: {ids(4)[2]})
    assert len(store.known(id)) == 3


@pytest.mark.parametrize(
    ("n", "vectors", "words"),
    [
        (3, draw(2), "one vector for each of 3 ids"),
        (2, draw(2).ravel(), "one vector for each of 2 ids"),
        (2, draw(2, d=4), "have 3 dimensions, got 4"),
        (2, np.full((2, 3), np.nan, np.float32), "not finite"),
    ],
)
def test_what_does_not_fit_is_refused(
    store: FeatureStore, n: int, vectors: Floats, words: str
) -> None:
    id = store.add(RECIPE, ids(1), draw(1))
    with pytest.raises(BadInputError, match=words):
        store.add(RECIPE, ids(n), vectors)
    assert store.known(id) == set(ids(1))


def test_an_unknown_set_is_empty_and_not_described(store: FeatureStore) -> None:
    assert store.known("0" * 12) == set() and store.failed("0" * 12) == {} and store.list() == []
    with pytest.raises(DatasetError, match="has no feature set 000000000000"):
        store.read("0" * 12, ids(1))


def test_one_process_at_a_time_computes_a_set(store: FeatureStore) -> None:
    with store.working("a" * 12):
        second = store.working("a" * 12)
        with pytest.raises(DatasetError, match="another process computes these features"), second:
            pass
        with store.working("b" * 12):
            pass


def test_a_damaged_description_is_one_line(store: FeatureStore) -> None:
    id = store.add(RECIPE, ids(1), draw(1))
    (store.path / "features" / f"{id}.json").write_text("{")
    with pytest.raises(DatasetError, match="restore it from a copy"):
        store.list()


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no cinemotion dataset"):
        FeatureStore(tmp_path)
