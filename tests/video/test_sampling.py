from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.core.types import Timestamp
from cinemotion.video.sampling import Sampler, StillnessGate

RATES = st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50)])


@given(
    start=st.integers(-1000, 100_000),
    lengths=st.lists(st.integers(1, 40_000), min_size=1, max_size=60),
    every=st.fractions(Fraction(1, 50), Fraction(5), max_denominator=1000),
)
def test_exactly_the_frames_on_screen_at_a_grid_time_are_chosen(
    start: int, lengths: list[int], every: Fraction
) -> None:
    """Against the definition, spelt out with fractions, on frames of any lengths."""
    base = Fraction(1, 12_000)
    sampler = Sampler(Timestamp(start, base), every)
    pts = start
    for length in lengths:
        shown = [(pts - start) * base, (pts + length - start) * base]
        k = -(-shown[0] // every)
        assert sampler.wants(pts, pts + length) == (shown[0] <= k * every < shown[1])
        pts += length


@given(rate=RATES, every=st.sampled_from(["0.5", "1", "2", "0.2"]))
def test_a_film_gives_one_sample_per_grid_time(rate: Fraction, every: str) -> None:
    base = 1 / rate
    sampler = Sampler(Timestamp(7, base), Fraction(every))
    chosen = [i for i in range(1000) if sampler.wants(7 + i, 8 + i)]
    assert len(chosen) == int(999 * base / Fraction(every)) + 1
    assert chosen[0] == 0


def test_targets_replace_the_grid() -> None:
    sampler = Sampler(Timestamp(0, Fraction(1, 25)), Fraction(1, 2), targets=(3, 9))
    assert [pts for pts in range(20) if sampler.wants(pts, pts + 1)] == [3, 9]
    nothing = Sampler(Timestamp(0, Fraction(1, 25)), Fraction(1, 2), targets=())
    assert not any(nothing.wants(pts, pts + 1) for pts in range(20))


def _gate(resets: set[int] | None = None) -> StillnessGate:
    return StillnessGate(enabled=True, resets=frozenset(resets or ()))


def _grain(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 200, (136, 240), dtype=np.uint8)


def test_the_same_picture_is_still() -> None:
    gate = _gate()
    gate.follow(0, _grain())
    assert not gate.is_still(_grain())
    gate.refer(0, _grain())
    gate.follow(1, _grain())
    assert gate.is_still(_grain())
    assert gate.reference_pts == 0


def test_noise_of_compression_is_still_but_a_small_moving_mouth_is_not() -> None:
    gate, picture = _gate(), _grain()
    gate.refer(0, picture)
    noisy = picture + np.random.default_rng(1).integers(0, 2, picture.shape, dtype=np.uint8)
    assert gate.is_still(noisy)
    talking = picture.copy()
    talking[60:64, 100:106] += 12  # about 48 × 32 px of a 1080p frame
    assert not gate.is_still(talking)


def test_a_jump_in_between_clears_the_memory() -> None:
    gate = _gate()
    gate.follow(0, _grain())
    gate.refer(0, _grain())
    gate.follow(1, 255 - _grain())  # another shot, one frame long
    gate.follow(2, _grain())
    assert not gate.is_still(_grain())


def test_a_reset_point_clears_the_memory() -> None:
    gate = _gate({5})
    gate.refer(0, _grain())
    gate.follow(4, _grain())
    assert gate.is_still(_grain())
    gate.follow(5, _grain())
    assert not gate.is_still(_grain())


def test_a_disabled_gate_finds_everything_changed() -> None:
    gate = StillnessGate(enabled=False, resets=frozenset())
    gate.follow(0, _grain())
    gate.refer(0, _grain())
    assert not gate.is_still(_grain())
