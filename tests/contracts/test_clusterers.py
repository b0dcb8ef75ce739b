"""What every registered clustering algorithm must do."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from blobs import blobs
from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.learn.algorithm import Algorithm
from cinemotion.learn.clusters import CLUSTERERS, Clusterer, open_clusterer, read_algorithm


@pytest.fixture(params=sorted(CLUSTERERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(name: str, k: int = 3, seed: int = 0) -> Clusterer:
    return open_clusterer(name, k=k if read_algorithm(name).takes_k else None, seed=seed)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_three_clouds_are_found_at_any_scale(name: str, scale: float) -> None:
    vectors, truth = blobs()
    found = opened(name).fit_predict(vectors * np.float32(scale))
    assert found.dtype == np.int64 and found.shape == (150,)
    assert found.max() == 2
    held = found >= 0
    assert held.mean() > 0.8
    assert adjusted_rand_score(truth[held], found[held]) > 0.99


def test_clusters_are_numbered_by_size_and_noise_is_below(name: str) -> None:
    vectors, _ = blobs(120)
    some = np.concatenate([np.arange(0, 120, 3), np.arange(1, 60, 3), np.arange(2, 90, 3)])
    found = opened(name).fit_predict(vectors[some])
    sizes = np.bincount(found[found >= 0])
    assert list(sizes) == sorted(sizes, reverse=True) and sizes.min() > 0
    assert found.min() >= -1


def test_the_same_seed_gives_the_same_clusters_and_the_input_stays(name: str) -> None:
    vectors = np.random.default_rng(3).normal(size=(200, 6)).astype(np.float32)
    before = vectors.copy()
    first = opened(name, seed=5).fit_predict(vectors)
    np.testing.assert_array_equal(first, opened(name, seed=5).fit_predict(vectors))
    np.testing.assert_array_equal(vectors, before)


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_few_samples_are_no_crash(name: str, n: int) -> None:
    vectors, _ = blobs(n)
    for k in sorted({1, 2, n - 1, n} & set(range(1, n + 1))):
        found = opened(name, k=k).fit_predict(vectors)
        assert found.shape == (n,)
        if read_algorithm(name).takes_k:
            assert set(found.tolist()) == set(range(found.max() + 1)) and found.max() < k


def test_equal_samples_are_no_crash(name: str) -> None:
    found = opened(name).fit_predict(np.ones((40, 5)))
    assert found.shape == (40,)


def test_no_samples_are_one_line(name: str) -> None:
    with pytest.raises(BadInputError, match="no samples to cluster"):
        opened(name).fit_predict(np.zeros((0, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_one_line(name: str, bad: float) -> None:
    vectors, _ = blobs(30)
    vectors[7, 1] = bad
    with pytest.raises(BadInputError, match=r"1 of 30 samples hold NaN or infinity.* row 7"):
        opened(name).fit_predict(vectors)


def test_more_clusters_than_samples_are_one_line(name: str) -> None:
    if read_algorithm(name).takes_k:
        with pytest.raises(BadInputError, match="k = 6 is more than the 5 samples"):
            opened(name, k=6).fit_predict(blobs(5)[0])
        with pytest.raises(BadInputError, match="k of 1 or more"):
            open_clusterer(name, k=None, seed=0)
    else:
        with pytest.raises(BadInputError, match="finds the number of clusters by itself"):
            open_clusterer(name, k=3, seed=0)


def test_too_many_samples_are_refused_before_any_memory_is_taken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    algorithm = read_algorithm(name)
    if algorithm.most is None:
        assert name in {"kmeans", "minibatch-kmeans", "gmm", "birch", "hdbscan"}
        return

    def never(vectors: NDArray[np.float32], k: int | None, seed: int) -> NDArray[np.int64]:
        raise AssertionError("it was called")

    guarded = Algorithm(never, takes_k=algorithm.takes_k, most=algorithm.most)
    monkeypatch.setattr("cinemotion.learn.clusters.read_algorithm", lambda _: guarded)
    with pytest.raises(BadInputError, match=r"at most 20000, and 20001 came.*--sample 20000"):
        opened(name).fit_predict(np.zeros((20_001, 1), np.float32))


def test_what_an_algorithm_cannot_do_is_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(vectors: NDArray[np.float32], k: int | None, seed: int) -> NDArray[np.int64]:
        raise ValueError("ill-defined\ncovariance")

    takes_k = read_algorithm(name).takes_k
    monkeypatch.setattr(
        "cinemotion.learn.clusters.read_algorithm", lambda _: Algorithm(broken, takes_k=takes_k)
    )
    with pytest.raises(BadInputError, match=f"{name} cannot cluster.*: ill-defined covariance;"):
        opened(name).fit_predict(blobs()[0])


def test_without_scikit_learn_the_pip_line_is_given(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinemotion\[cluster\]'"):
        opened(name).fit_predict(blobs()[0])


def test_unknown_names_are_refused() -> None:
    with pytest.raises(BadInputError, match="choose one of: agglomerative, birch"):
        open_clusterer("k-medoids", k=3, seed=0)
    with pytest.raises(BadInputError, match="a seed is 0 or more"):
        open_clusterer("kmeans", k=3, seed=-1)
