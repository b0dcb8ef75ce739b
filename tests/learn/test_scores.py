from __future__ import annotations

import numpy as np
import pytest

from cinemotion.learn import scores
from cinemotion.learn.calibration import fit_temperature, fit_threshold
from cinemotion.learn.intervals import bootstrap, paired_p

metrics = pytest.importorskip("sklearn.metrics")


@pytest.fixture(scope="module")
def case() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(5) * 0.5, 400)
    truth = random.integers(0, 4, 400)  # class 4 has answers and no sample
    truth[:200] = probabilities[:200].argmax(axis=1)
    return truth, probabilities


def test_measures_are_those_of_scikit_learn(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = case
    found = probabilities.argmax(axis=1)
    assert scores.accuracy(truth, found) == pytest.approx(metrics.accuracy_score(truth, found))
    assert scores.macro_f1(truth, found, 5) == pytest.approx(
        metrics.f1_score(truth, found, average="macro", zero_division=0)
    )
    table = scores.confusion(truth, found, 5)
    np.testing.assert_array_equal(table, metrics.confusion_matrix(truth, found, labels=range(5)))
    precision, recall = scores.precision_recall(table)
    for place in range(4):
        expected = metrics.precision_score(truth, found, labels=[place], average="macro")
        assert precision[place] == pytest.approx(expected)
    seen = truth != 4
    assert scores.balanced_recall(truth[seen], found[seen], 5) == pytest.approx(
        metrics.recall_score(
            truth[seen], found[seen], labels=np.unique(truth[seen]), average="macro"
        )
    )
    assert recall[0] == pytest.approx(np.mean(found[truth == 0] == 0))
    shares = np.eye(5)[truth]
    assert scores.cross_entropy(shares, probabilities) == pytest.approx(
        metrics.log_loss(truth, probabilities, labels=range(5))
    )
    assert scores.brier(shares, probabilities) == pytest.approx(
        np.mean([(p - s) @ (p - s) for p, s in zip(probabilities, shares, strict=True)])
    )


def test_calibration_error_is_the_gap_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10)
    truth = np.array([0] * 9 + [1] + [0] * 3 + [1] * 7)
    # Ten at 0.9 of which nine are right; ten at 0.6 of which three are: gaps 0 and 0.3.
    assert scores.expected_calibration_error(probabilities, truth) == pytest.approx(0.15)
    bins = scores.reliability(probabilities, truth)
    assert [(b["samples"], round(b["accuracy"], 3)) for b in bins] == [(10, 0.3), (10, 0.9)]


def test_abstaining_answers_the_surest_first(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = case
    curve = scores.abstention(probabilities, truth)
    assert curve[0]["coverage"] == 1
    assert curve[0]["accuracy"] == pytest.approx(
        scores.accuracy(truth, probabilities.argmax(axis=1))
    )
    half = min(curve, key=lambda point: abs(point["coverage"] - 0.5))
    sure = probabilities.max(axis=1) >= half["threshold"]
    assert half["accuracy"] == pytest.approx(
        np.mean((probabilities.argmax(axis=1) == truth)[sure]), abs=0.01
    )


def test_the_temperature_that_made_the_labels_is_found() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 4, (20_000, 4)).astype(np.float32)
    probabilities = scores.softmax(logits, 2.5)
    draws = (probabilities.cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    temperature = fit_temperature(logits, np.eye(4)[draws])
    assert temperature == pytest.approx(2.5, rel=0.05)
    calibrated = scores.softmax(logits, temperature)
    assert scores.expected_calibration_error(calibrated, draws) < 0.02
    assert scores.expected_calibration_error(scores.softmax(logits), draws) > 0.1


def test_below_the_threshold_answers_are_more_often_wrong_than_right() -> None:
    random = np.random.default_rng(2)
    confidence = random.uniform(0.2, 1, 20_000)
    probabilities = np.column_stack([confidence, *[(1 - confidence) / 4] * 4])
    truth = np.where(random.random(20_000) < confidence, 0, 1)
    assert fit_threshold(probabilities, truth) == pytest.approx(0.5, abs=0.05)
    assert fit_threshold(probabilities, np.zeros(20_000, int)) == 0
    assert fit_threshold(probabilities, np.ones(20_000, int)) > confidence.max()


def test_intervals_cover_and_groups_widen_them() -> None:
    random = np.random.default_rng(3)
    groups = np.repeat(np.arange(20), 50)
    right = (random.random(20)[groups] > random.random(1000)).astype(float)
    low, high = bootstrap(lambda rows: float(right[rows].mean()), n=1000, seed=0)
    wide = bootstrap(
        lambda rows: float(right[rows].mean()), n=1000, seed=0, groups=[str(g) for g in groups]
    )
    expected = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 1000)
    assert high - low == pytest.approx(2 * expected, rel=0.1)
    assert wide[1] - wide[0] > 1.5 * (high - low)
    assert low < right.mean() < high


def test_the_paired_test_looks_at_what_differs_alone() -> None:
    one = np.array([True] * 90 + [False] * 10)
    other = one.copy()
    assert paired_p(one, other) == 1
    other[:8] = False
    assert paired_p(one, other) == pytest.approx(2 * 0.5**8)
    other[90:98] = True
    assert paired_p(one, other) == 1
