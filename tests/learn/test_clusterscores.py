"""Scores of clusters, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from blobs import blobs
from cinemotion.core.errors import BadInputError
from cinemotion.learn.clusterscores import contingency, score_labels, score_shape
from cinemotion.learn.crosstab import SCORES, Crosstab, measure
from cinemotion.learn.resampling import by_group, by_sample, interval, permuted

PEERS = {
    "ari": metrics.adjusted_rand_score,
    "nmi": metrics.normalized_mutual_info_score,
    "ami": metrics.adjusted_mutual_info_score,
    "homogeneity": metrics.homogeneity_score,
    "completeness": metrics.completeness_score,
    "v": metrics.v_measure_score,
    "fowlkes_mallows": metrics.fowlkes_mallows_score,
}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 4)), min_size=1, max_size=60))
def test_scores_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    labels, clusters = zip(*pairs, strict=True)
    scores = score_labels(labels, np.array(clusters), resamples=2, permutations=1)
    for name, peer in PEERS.items():
        assert scores[name].value == pytest.approx(peer(labels, clusters), abs=1e-9), name


def test_purity_and_accuracy_by_hand() -> None:
    labels = ["a"] * 5 + ["b"] * 4 + ["c"] * 3
    clusters = np.array([0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 2, 2])
    # 0: 3a 2b; 1: 2a 2b 1c; 2: 2c. Pure: 3 + 2 + 2; the best match a0 b1 c2 has 3 + 2 + 2.
    scores = score_labels(labels, clusters)
    assert scores["purity"].value == pytest.approx(7 / 12)
    assert scores["accuracy"].value == pytest.approx(7 / 12)
    # One label in two clusters: each is pure, and only one of them can be matched.
    halves = score_labels(["a"] * 4 + ["b"] * 4, np.array([0, 0, 1, 1, 2, 2, 2, 2]))
    assert halves["purity"].value == 1
    assert halves["accuracy"].value == pytest.approx(6 / 8)


def test_scores_come_in_order_and_by_seed() -> None:
    random = np.random.default_rng(0)
    labels, clusters = random.integers(0, 3, 90).tolist(), random.integers(0, 4, 90)
    first = score_labels(labels, clusters, seed=1)
    assert tuple(first) == SCORES
    assert first == score_labels(labels, clusters, seed=1)
    assert first != score_labels(labels, clusters, seed=2)


def test_chance_is_what_dealt_out_clusters_score() -> None:
    random = np.random.default_rng(1)
    labels, clusters = random.integers(0, 3, 200), random.integers(0, 4, 200)
    ours = score_labels(labels.tolist(), clusters, permutations=400)
    dealt = [random.permutation(clusters) for _ in range(400)]
    for name in ("nmi", "fowlkes_mallows"):
        peer = np.mean([PEERS[name](labels, some) for some in dealt])
        assert ours[name].chance == pytest.approx(peer, abs=3e-3), name
    assert abs(ours["ari"].chance) < 3e-3 and abs(ours["ami"].chance) < 3e-3


def test_draws_are_those_of_samples_with_replacement() -> None:
    random = np.random.default_rng(2)
    labels = random.integers(0, 3, 120)
    clusters = np.where(random.random(120) < 0.6, labels, random.integers(0, 3, 120))
    drawn = by_sample(Crosstab.count(labels, clusters), 1500, np.random.default_rng(0))
    rows = [random.integers(0, 120, 120) for _ in range(1500)]
    for name in ("ari", "nmi"):
        peer = np.array([PEERS[name](labels[some], clusters[some]) for some in rows])
        assert drawn[name].mean() == pytest.approx(peer.mean(), abs=0.01)
        assert drawn[name].std() == pytest.approx(peer.std(), rel=0.12)


def test_draws_of_groups_are_draws_of_all_their_samples() -> None:
    random = np.random.default_rng(3)
    groups = np.repeat(np.arange(12), random.integers(3, 9, 12))
    labels = groups % 3
    clusters = np.where(random.random(len(groups)) < 0.7, labels, 0)
    table = Crosstab.count(labels, clusters)
    drawn = by_group(table, labels, clusters, groups, 1500, np.random.default_rng(0))
    members = [np.flatnonzero(groups == group) for group in range(12)]
    peer = []
    for _ in range(1500):
        some = np.concatenate([members[group] for group in random.integers(0, 12, 12)])
        peer.append(metrics.adjusted_rand_score(labels[some], clusters[some]))
    assert drawn["ari"].mean() == pytest.approx(np.mean(peer), abs=0.02)
    assert drawn["ari"].std() == pytest.approx(np.std(peer), rel=0.12)


def test_groups_widen_the_interval_of_samples_that_are_alike() -> None:
    """Twenty clips of thirty equal frames: twenty samples, not six hundred."""
    random = np.random.default_rng(4)
    clips = np.repeat(np.arange(20), 30)
    label, cluster = random.integers(0, 2, 20), random.integers(0, 2, 20)
    cluster[:12] = label[:12]
    score = score_labels(label[clips].tolist(), cluster[clips], groups=clips.tolist())["ari"]
    assert score.group_low is not None and score.group_high is not None
    assert score.group_high - score.group_low > 3 * (score.high - score.low)
    assert score.group_low <= score.value <= score.group_high


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Labels and clusters that agree on 60 %: the score of very many samples is the truth."""
    random = np.random.default_rng(5)

    def some(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = random.integers(0, 3, n)
        return labels, np.where(random.random(n) < 0.6, labels, random.integers(0, 3, n))

    truth = metrics.adjusted_rand_score(*some(400_000))
    hits = 0
    for seed in range(100):
        labels, clusters = some(300)
        score = score_labels(labels.tolist(), clusters, seed, resamples=300, permutations=1)["ari"]
        hits += score.low <= truth <= score.high
    assert hits >= 88


def test_an_interval_is_around_its_value_and_within_bounds() -> None:
    assert interval(0.5, np.array([0.7, 0.8, 0.9]), 0.0) == pytest.approx((0.405, 0.595))
    assert interval(0.01, np.array([0.0, 0.2]), 0.0) == (0.0, pytest.approx(0.105))
    assert interval(1.0, np.ones(9), 0.0) == (1.0, 1.0)


def test_tables_with_one_row_have_no_other() -> None:
    table = Crosstab.count(np.zeros(9, int), np.arange(9) % 2)
    random = np.random.default_rng(0)
    assert permuted(table, 50, random)["purity"] == measure(table)["purity"]


def test_a_table_of_very_many_labels_is_drawn_in_parts() -> None:
    labels = np.arange(9000) // 2
    table = Crosstab.count(labels, labels % 7)
    assert by_sample(table, 1000, np.random.default_rng(0))["nmi"].shape == (1000,)


@pytest.mark.parametrize(("labels", "clusters"), [([], []), (["a"], [0, 1])])
def test_nothing_to_compare_is_one_line(labels: list[str], clusters: list[int]) -> None:
    with pytest.raises(BadInputError, match="cannot be compared"):
        score_labels(labels, np.array(clusters, np.int64))


def test_shape_equals_scikit_learn_and_leaves_noise_out() -> None:
    vectors, truth = blobs(90)
    noisy = truth.copy()
    noisy[:10] = -1
    shape = score_shape(vectors, noisy)
    rest = vectors[10:], truth[10:]
    assert shape["silhouette"] == pytest.approx(metrics.silhouette_score(*rest))
    assert shape["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(*rest))
    assert shape["calinski_harabasz"] == pytest.approx(metrics.calinski_harabasz_score(*rest))
    assert shape["silhouette_samples"] == 80


def test_the_silhouette_of_many_is_that_of_some_and_says_so() -> None:
    vectors, truth = blobs(6000)
    shape = score_shape(vectors, truth, seed=1)
    assert shape["silhouette_samples"] == 5000
    assert shape["silhouette"] == score_shape(vectors, truth, seed=1)["silhouette"]
    assert shape["silhouette"] == pytest.approx(metrics.silhouette_score(vectors, truth), abs=0.02)


@pytest.mark.parametrize("clusters", [[0, 0, 0], [0, 1, 2], [-1, -1, -1]])
def test_a_shape_that_is_not_defined_is_none(clusters: list[int]) -> None:
    shape = score_shape(np.eye(3), np.array(clusters))
    assert shape["silhouette"] is shape["davies_bouldin"] is shape["calinski_harabasz"] is None


def test_the_contingency_has_a_row_per_label_and_noise_last() -> None:
    table = contingency(["b", "a", "a", "b"], np.array([1, 0, -1, 1]))
    assert table.columns == ["label", "0", "1", "noise"]
    assert table.rows() == [("a", 1, 0, 1), ("b", 0, 2, 0)]
