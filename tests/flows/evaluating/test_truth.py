from __future__ import annotations

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.flows.evaluating.truth import find_truths

CLASSES = ("angry", "happy", "neutral", "contempt")


def test_labels_of_two_annotators_stay_apart() -> None:
    said = [
        {"fer2013": {"angry": 1.0}, "ferplus": {"happy": 6.0, "contempt": 4.0}},
        {"fer2013": {"happy": 1.0}, "ferplus": {"unknown": 8.0, "happy": 2.0}},
        {"fer2013": {"neutral": 1.0}},
    ]
    truths = find_truths(said, CLASSES)
    one, other = truths["fer2013"], truths["ferplus"]
    assert one.classes == ("angry", "happy", "neutral")  # it never says contempt
    np.testing.assert_array_equal(one.rows, [0, 1, 2])
    np.testing.assert_array_equal(one.truth, [0, 1, 2])
    assert other.classes == ("happy", "contempt") and other.left_out == {"unknown": 1}
    np.testing.assert_array_equal(other.rows, [0])
    np.testing.assert_allclose(other.shares, [[0.6, 0.4]])


def test_answers_are_scaled_over_the_classes_that_count() -> None:
    truth = find_truths([{"a": {"angry": 1.0}}, {"a": {"happy": 1.0}}], CLASSES)["a"]
    answers = truth.answers(np.array([[0.1, 0.3, 0.4, 0.2], [0.2, 0.2, 0.3, 0.3]]))
    np.testing.assert_allclose(answers, [[0.25, 0.75], [0.5, 0.5]])


def test_of_equal_votes_the_first_counts_and_is_counted() -> None:
    truth = find_truths([{"a": {"happy": 5.0, "angry": 5.0}}, {"a": {"angry": 1.0}}], CLASSES)["a"]
    assert [truth.classes[i] for i in truth.truth] == ["happy", "angry"]
    assert truth.ties == 1


def test_labels_that_no_class_knows_are_one_line() -> None:
    with pytest.raises(BadInputError, match=r"the labels are bored, .*angry, happy"):
        find_truths([{"a": {"bored": 1.0}}, {}], CLASSES)
