from __future__ import annotations

import numpy as np
import pytest

from cinemotion.film.arcs import draw_arc
from cinemotion.film.turning import turning_points
from cinemotion.film.valence import PLEASURE, valence

GRID = np.arange(0, 20, 0.2)


def drawn(seconds: np.ndarray, tracks: np.ndarray, p: np.ndarray, **more: object):
    settings = {"grid": GRID, "step": 0.2, "window": 1.0} | more
    shown = settings.pop("shown", standing(seconds))
    return draw_arc(seconds, shown, tracks, p, np.ones(len(p)), **settings)  # type: ignore[arg-type]


def standing(seconds: np.ndarray, stretch: float = 0.2) -> np.ndarray:
    """From when to when each face is on screen."""
    return np.column_stack([seconds, seconds + stretch])


def two(shares: np.ndarray) -> np.ndarray:
    return np.column_stack([shares, 1 - shares])


def test_nobody_is_there_in_a_gap() -> None:
    seconds = np.concatenate([np.arange(2, 6, 0.2), np.arange(12, 15, 0.2)])
    arc = drawn(seconds, np.zeros(len(seconds), int), two(np.full(len(seconds), 0.7)))
    seen = GRID[arc.seen]
    assert seen.min() == pytest.approx(2.0) and seen.max() == pytest.approx(15.0)
    assert not arc.seen[(GRID > 6.1) & (GRID < 11.9)].any()
    assert np.isnan(arc.low[~arc.seen]).all() and np.isnan(arc.high[~arc.seen]).all()
    assert np.allclose(arc.mean[arc.seen], [0.7, 0.3])
    assert np.allclose(arc.high[arc.seen] - arc.low[arc.seen], 0, atol=1e-6)  # all agree


def test_a_gap_of_two_steps_is_a_gap_and_a_glimpse_is_none() -> None:
    grid = np.arange(0, 10, 1.0)
    shown = np.array([[0.0, 1.52], [3.82, 6.0], [7.9, 8.1]])  # it leaves at a cut, before a sample
    p, more = two(np.array([0.9, 0.1, 0.5])), {"grid": grid, "step": 1.0, "window": 6.0}
    arc = drawn(shown[:, 0], np.arange(3), p, shown=shown, **more)
    assert grid[arc.seen].tolist() == [0, 1, 2, 4, 5, 6, 8]
    times = np.concatenate([np.arange(start, end, 0.01) for start, end in shown])
    nearest = np.abs(grid[None] - times[:, None]).argmin(axis=1)
    assert arc.seen[nearest].all()


def test_a_window_shorter_than_a_step_loses_nobody() -> None:
    grid = np.arange(0, 20, 5.0)
    seconds, shown = np.array([9.0]), np.array([[2.6, 14.0]])  # since the cut, and until the next
    arc = drawn(seconds, np.zeros(1, int), two(np.ones(1)), shown=shown, grid=grid, step=5.0)
    assert grid[arc.seen].tolist() == [5, 10, 15]


def test_no_answer_is_heard_beyond_the_window() -> None:
    seconds, tracks = np.array([5.0, 8.2]), np.array([0, 1])
    arc = drawn(seconds, tracks, two(np.array([1.0, 0.0])), window=3.0)
    assert arc.mean[GRID.searchsorted(4.99), 0] == 1.0 and arc.mean[GRID.searchsorted(8.19), 0] == 0
    nearer = drawn(seconds - [0, 0.4], tracks, two(np.array([1.0, 0.0])), window=3.0)
    assert 0.9 < nearer.mean[GRID.searchsorted(4.99), 0] < 1


def test_each_track_has_one_voice_however_many_faces_it_has() -> None:
    dense, sparse = np.arange(5, 10, 0.02), np.arange(5, 10, 0.2)
    seconds = np.concatenate([dense, sparse])
    tracks = np.concatenate([np.zeros(len(dense), int), np.ones(len(sparse), int)])
    p = two(np.concatenate([np.ones(len(dense)), np.zeros(len(sparse))]))
    arc = drawn(seconds, tracks, p)
    middle = (GRID > 6) & (GRID < 9)
    assert np.allclose(arc.mean[middle, 0], 0.5, atol=0.02)
    # Two tracks that say the opposite tell little: the band is wide.
    assert ((arc.high - arc.low)[middle, 0] > 0.5).all()


def test_answers_that_cannot_be_trusted_do_not_count() -> None:
    seconds = np.arange(5, 10, 0.1)
    shares = np.where(np.arange(len(seconds)) % 2, 1.0, 0.0)
    weights = np.where(np.arange(len(seconds)) % 2, 1.0, 0.0)
    arc = draw_arc(
        *(seconds, standing(seconds), np.zeros(len(seconds), int), two(shares), weights),
        grid=GRID,
        step=0.2,
        window=1.0,
    )
    assert np.allclose(arc.mean[arc.seen, 0], 1)


def test_the_window_is_the_kernels_width_at_half_its_height() -> None:
    seconds = np.arange(0, 20, 0.05)
    step = two((seconds >= 10).astype(float))
    narrow = drawn(seconds, np.zeros(len(seconds), int), step, window=0.5)
    wide = drawn(seconds, np.zeros(len(seconds), int), step, window=4.0)

    def rise(arc) -> float:
        level = arc.mean[:, 0]
        return float(GRID[level > 0.88].min() - GRID[level > 0.12].min())

    # A step through a Gaussian rises from 12 to 88 % within its width at half height.
    assert rise(narrow) == pytest.approx(0.5, abs=0.3)
    assert rise(wide) == pytest.approx(4.0, abs=0.4)


def test_the_same_seed_draws_the_same_band() -> None:
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.uniform(0, 20, 150))
    tracks = (seconds // 3).astype(int)
    p = rng.dirichlet(np.ones(3), 150)
    one, other = (drawn(seconds, tracks, p, seed=4, derive=lambda p: p[..., 0]) for _ in range(2))
    assert np.array_equal(one.low, other.low, equal_nan=True)
    seen = one.seen
    assert (one.low[seen] <= one.mean[seen] + 0.05).all()
    assert np.allclose(one.mean[seen].sum(axis=1), 1)
    assert np.array_equal(one.derived_low, one.low[:, 0], equal_nan=True)
    assert np.array_equal(one.derived_high, one.high[:, 0], equal_nan=True)


def test_stretches_of_time_are_one_arc(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    seconds = np.sort(rng.uniform(0, 20, 200))
    tracks = rng.integers(0, 5, 200)
    p = rng.dirichlet(np.ones(3), 200)
    whole = drawn(seconds, tracks, p)
    monkeypatch.setattr("cinemotion.film.arcs._AT_ONCE", 7)
    cut = drawn(seconds, tracks, p)
    for name in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(cut, name), getattr(whole, name), atol=1e-12)


def test_nothing_to_draw() -> None:
    nothing = np.zeros(0)
    arc = drawn(nothing, np.zeros(0, int), np.zeros((0, 2)))
    assert not arc.seen.any() and arc.mean.shape == (len(GRID), 2)
    with pytest.raises(ValueError, match="positive"):
        drawn(nothing, np.zeros(0, int), np.zeros((0, 2)), window=0.0)


def test_valence_is_the_mean_pleasure() -> None:
    classes = ["happy", "sad", "neutral", "unknown"]
    p = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0.2, 0, 0, 0.8], [0, 0, 0, 1]])
    found = valence(p, classes)
    happy, sad = PLEASURE["happy"], PLEASURE["sad"]
    assert found[:4] == pytest.approx([happy, sad, (happy + sad) / 2, happy])
    assert np.isnan(found[4])


def test_a_change_is_found_where_it_is_and_small_ones_are_not_told() -> None:
    rng = np.random.default_rng(1)
    seconds = np.arange(0, 60, 0.2)
    level = np.where(seconds < 20, 0.2, np.where(seconds < 45, 0.75, 0.85))
    noisy = np.clip(level + rng.normal(0, 0.05, len(level)), 0, 1)
    [turn] = turning_points(seconds, two(noisy))
    assert turn.seconds == pytest.approx(20, abs=0.3)
    assert turn.before[0] == pytest.approx(0.2, abs=0.03) and turn.after[0] > 0.7
    assert turn.change == pytest.approx(0.58, abs=0.05)
    assert turning_points(seconds, two(np.full(len(seconds), 0.5))) == []
    assert turning_points(seconds[:3], two(noisy[:3])) == []


def test_a_change_across_a_gap_is_behind_it() -> None:
    seconds = np.arange(0, 40, 0.2)
    p = two(np.where(seconds < 20, 0.1, 0.9))
    p[(seconds > 15) & (seconds < 25)] = np.nan
    [turn] = turning_points(seconds, p)
    assert turn.seconds == pytest.approx(25, abs=0.3)
