"""Scaling and whitening."""

from __future__ import annotations

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.learn.matrix import as_matrix, draw_rows
from cinemotion.learn.scaling import WHITENED, scale


def table(n: int = 60, d: int = 7) -> np.ndarray:
    random = np.random.default_rng(0)
    return (random.normal(size=(n, d)) * 10.0 ** np.arange(d) + 1e4).astype(np.float32)


def test_none_is_the_same_matrix() -> None:
    vectors = table()
    assert scale(vectors, "none") is vectors


def test_standard_gives_mean_0_and_deviation_1_and_constants_become_0() -> None:
    vectors = table()
    vectors[:, 3] = 0.1
    before = vectors.copy()
    scaled = scale(vectors)
    np.testing.assert_array_equal(vectors, before)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.delete(scaled.std(axis=0), 3), 1, atol=1e-3)
    assert not scaled[:, 3].any()


def test_whitening_makes_uncorrelated_numbers_of_variance_1() -> None:
    random = np.random.default_rng(1)
    vectors = (random.normal(size=(300, 5)) @ random.normal(size=(5, 5)) + 3).astype(np.float32)
    np.testing.assert_allclose(np.cov(scale(vectors, "whiten").T), np.eye(5), atol=1e-3)
    assert scale(vectors, "whiten", components=2).shape == (300, 2)


def test_whitening_keeps_64_components_and_blows_up_no_flat_one() -> None:
    random = np.random.default_rng(2)
    wide = random.normal(size=(200, 100)).astype(np.float32)
    assert scale(wide, "whiten").shape == (200, WHITENED)
    flat = np.repeat(random.normal(size=(200, 1)), 3, axis=1).astype(np.float32)
    whitened = scale(flat, "whiten")
    np.testing.assert_allclose(whitened.std(axis=0), [1, 0, 0], atol=1e-2)


def test_components_keep_distances_as_far_as_they_can() -> None:
    random = np.random.default_rng(3)
    plane = random.normal(size=(50, 2)) @ random.normal(size=(2, 20))
    points = scale(plane.astype(np.float32), "none", components=2)
    for i, j in ((0, 1), (5, 44)):
        ours = np.linalg.norm(points[i] - points[j])
        assert ours == pytest.approx(np.linalg.norm(plane[i] - plane[j]), rel=1e-4)


def test_equal_samples_and_none_at_all_are_no_crash() -> None:
    assert not scale(np.ones((5, 3)), "whiten").any()
    assert not scale(np.ones((1, 3)), "whiten", components=1).any()
    assert scale(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"how": "log"}, "unknown scaling 'log'; choose one of: none, standard, whiten"),
        ({"components": 0}, "60 samples with 7 numbers have 1 to 7"),
        ({"components": 8}, "8 components were asked for"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: dict, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        scale(table(), **arguments)


@pytest.mark.parametrize("shape", [(5,), (5, 0), (2, 2, 2)])
def test_only_tables_are_features(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInputError, match="table of samples and numbers"):
        as_matrix(np.zeros(shape))


def test_nan_far_down_a_large_table_is_found() -> None:
    vectors = np.zeros((70_000, 2), np.float32)
    vectors[[66_000, 69_000], 1] = np.nan
    with pytest.raises(BadInputError, match=r"2 of 70000 samples .* row 66000"):
        as_matrix(vectors)


def test_rows_are_drawn_once_each_by_seed() -> None:
    some = draw_rows(100, 10, seed=1)
    assert len(set(some.tolist())) == 10 and list(some) == sorted(some)
    np.testing.assert_array_equal(some, draw_rows(100, 10, seed=1))
    assert list(some) != list(draw_rows(100, 10, seed=2))
    assert list(draw_rows(3, 10, seed=1)) == [0, 1, 2]
