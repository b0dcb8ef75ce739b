"""How many clusters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from blobs import blobs
from cinemotion.core.errors import BadInputError
from cinemotion.learn.choosing import choose_k


@pytest.mark.parametrize("k", [2, 4])
def test_both_rules_find_the_clouds(k: int) -> None:
    curve = choose_k(blobs(200, 5, k)[0], range(1, 8), seed=1)
    assert (curve.k, curve.gap_k) == (k, k)
    assert list(curve.ks) == list(range(1, 8))
    assert all(np.diff(curve.inertia) < 0)


def test_the_gap_says_that_there_are_no_clusters() -> None:
    even = np.random.default_rng(0).random((300, 2)).astype(np.float32)
    curve = choose_k(even, range(1, 7), seed=0)
    assert curve.gap_k == 1
    assert curve.k > 1


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    vectors, _ = blobs(90, 3)
    curve = choose_k(vectors, [3], seed=0, references=2)
    labels = KMeans(3, n_init=2, random_state=0).fit_predict(vectors)
    assert curve.silhouette[0] == pytest.approx(silhouette_score(vectors, labels), abs=1e-5)
    assert curve.inertia[0] == pytest.approx(
        sum(((vectors[labels == i] - vectors[labels == i].mean(0)) ** 2).sum() for i in range(3)),
        rel=1e-4,
    )


def test_the_gap_is_that_of_its_definition() -> None:
    """One cluster: the spread is known without K-Means, and the box is that of the points."""
    random = np.random.default_rng(5)
    points = np.linspace(0, 1, 400, dtype=np.float32)[:, None]
    curve = choose_k(points, [1, 2], seed=5, references=20)
    spread = ((points - points.mean()) ** 2).sum()
    boxes = random.random((20, 400, 1), np.float32)
    logs = np.log(((boxes - boxes.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2)))
    assert curve.gap[0] == pytest.approx(logs.mean() - np.log(spread), abs=0.03)
    assert curve.gap_error[0] == pytest.approx(logs.std() * np.sqrt(1.05), rel=0.3)


def test_large_sets_are_sampled_by_seed_and_progress_is_told() -> None:
    vectors, _ = blobs(500)
    told: list[tuple[int, int]] = []
    curve = choose_k(
        vectors,
        range(2, 5),
        seed=0,
        sample=100,
        references=2,
        progress=lambda done, total: told.append((done, total)),
    )
    again = choose_k(vectors, range(2, 5), seed=0, sample=100, references=2)
    assert curve.samples == 100
    assert told == [(1, 3), (2, 3), (3, 3)]
    np.testing.assert_array_equal(curve.gap, again.gap)


def test_few_different_samples_limit_k_and_the_curve_is_json() -> None:
    vectors = np.repeat(np.arange(4), 10)[:, None]
    curve = choose_k(vectors, range(1, 10), references=2)
    assert list(curve.ks) == [1, 2, 3]
    document = json.loads(json.dumps(curve.as_json()))
    assert document["silhouette"][0] is None and document["k"] == curve.k


@pytest.mark.parametrize("vectors", [np.ones((9, 2)), np.eye(2), np.zeros((0, 2))])
def test_too_few_different_samples_are_one_line(vectors: np.ndarray) -> None:
    with pytest.raises(BadInputError, match="no number of clusters can be chosen"):
        choose_k(vectors, range(1, 9))
