"""Agreement figures against worked examples in print (figures only)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from cinemotion.curate.agreement import (
    MISSING,
    cohen_kappa,
    cohen_per_class,
    fleiss_kappa,
    krippendorff_alpha,
    per_class,
)


def _pairs(table: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two annotators' codes from the table of how often they gave which pair."""
    counts = np.array(table)
    first, second = np.indices(counts.shape)
    return np.repeat(first.ravel(), counts.ravel()), np.repeat(second.ravel(), counts.ravel())


def _counts(rows: list[str], classes: str) -> NDArray[np.int64]:
    """Units x classes from a row per observer; a dot is a missing value."""
    return np.array(
        [[sum(row[u] == c for row in rows) for c in classes] for u in range(len(rows[0]))]
    )


# Fleiss 1971, table 1: 30 patients, 6 psychiatrists; depression, personality disorder,
# schizophrenia, neurosis, other.
_FLEISS = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050
02031 00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""


def test_fleiss_1971() -> None:
    counts = np.array([[int(digit) for digit in row] for row in _FLEISS.split()])
    assert counts.sum(axis=1).tolist() == [6] * 30
    assert fleiss_kappa(counts) == pytest.approx(0.430, abs=5e-4)
    printed = [0.245, 0.245, 0.520, 0.471, 0.566]
    assert per_class(fleiss_kappa, counts) == pytest.approx(printed, abs=5e-4)


def test_fleiss_levin_paik_table_18_1() -> None:
    # Statistical Methods for Rates and Proportions, 3rd ed.: psychotic, neurotic, organic.
    first, second = _pairs([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert cohen_kappa(first, second) == pytest.approx(0.676, abs=5e-4)


def test_cohen_of_two_classes() -> None:
    # Both say yes 20 times and no 15 times, of 50: observed 0.7, chance 0.5.
    first, second = _pairs([[20, 5], [10, 15]])
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    assert cohen_per_class(first, second, 2) == pytest.approx([0.4, 0.4])


def test_krippendorff_2011() -> None:
    binary = _counts(["0100000010", "1110010000"], "01")  # section A
    assert krippendorff_alpha(binary) == pytest.approx(0.095, abs=5e-4)
    nominal = _counts(["aabbdcccedda", "babbbccceddd"], "abcde")  # section B
    assert krippendorff_alpha(nominal) == pytest.approx(0.692, abs=5e-4)
    missing = _counts(["123321412...", "1233224125.3", ".3332342251.", "12332441251."], "12345")
    assert krippendorff_alpha(missing) == pytest.approx(0.743, abs=5e-4)  # section C


def test_single_votes_and_missing_ones_do_not_count() -> None:
    counts = np.array([[2, 0], [0, 2], [1, 1]])
    padded = np.vstack([counts, [[1, 0], [0, 0]]])
    assert fleiss_kappa(padded) == fleiss_kappa(counts)
    assert krippendorff_alpha(padded) == krippendorff_alpha(counts)
    first, second = np.array([0, 1, MISSING, 1]), np.array([0, 1, 1, MISSING])
    assert cohen_kappa(first, second) == 1


def test_many_anonymous_raters_as_counts_are_as_good_as_one_row_each() -> None:
    rng = np.random.default_rng(5)
    votes = rng.integers(0, 4, (200, 10))  # ten raters
    counts = np.stack([(votes == c).sum(axis=1) for c in range(4)], axis=1)
    assert abs(fleiss_kappa(counts)) < 0.02  # chance
    # The overall figure is the mean of the classes', weighted by what chance leaves them.
    p = counts.sum(axis=0) / counts.sum()
    weights = p * (1 - p)
    mean = np.average(per_class(fleiss_kappa, counts), weights=weights)
    assert fleiss_kappa(counts) == pytest.approx(mean)
    # Alpha is the same up to its correction for small samples, which is 1 / votes.
    expected = fleiss_kappa(counts) + (1 - fleiss_kappa(counts)) / counts.sum()
    assert krippendorff_alpha(counts) == pytest.approx(expected)


def test_undefined_is_nan() -> None:
    nothing = np.zeros((0, 3), np.int64)
    assert math.isnan(fleiss_kappa(nothing)) and math.isnan(krippendorff_alpha(nothing))
    only_one_class = np.array([[3, 0], [3, 0]])
    assert math.isnan(fleiss_kappa(only_one_class))
    assert math.isnan(krippendorff_alpha(only_one_class))
    assert math.isnan(cohen_kappa(np.array([MISSING]), np.array([0])))
