from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.video.signals import SignalRecorder, Signals


def record(luma: np.ndarray, full_range: bool = True, first: int = 0) -> Signals:
    recorder = SignalRecorder(full_range)
    for pts, frame in enumerate(luma, first):
        recorder.add(pts, frame)
    return recorder.finish()


def noise(n: int, height: int = 135, width: int = 240, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, height, width), dtype=np.uint8)


def assert_equal(one: Signals, other: Signals) -> None:
    for field in ("pts", "thumbs", "mean", "variance"):
        left, right = getattr(one, field), getattr(other, field)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def test_signals_are_the_means_and_variance_of_the_luma() -> None:
    luma = noise(3, 120, 240)  # 12 × 20 cells of 10 × 12 samples, none left over
    signals = record(luma)
    cells = luma.reshape(3, 12, 10, 20, 12).mean(axis=(2, 4))
    assert signals.thumbs.dtype == np.uint8
    np.testing.assert_allclose(signals.thumbs, cells, atol=0.501)
    np.testing.assert_allclose(signals.mean, luma.mean(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_allclose(signals.variance, luma.var(axis=(1, 2)), rtol=1e-6)


def test_limited_range_is_spread_over_the_full_range() -> None:
    black, white = np.full((1, 50, 60), 16, np.uint8), np.full((1, 50, 60), 235, np.uint8)
    assert record(black, full_range=False).mean == 0
    assert record(white, full_range=False).mean == pytest.approx(255)
    assert set(record(white, full_range=False).thumbs.ravel()) == {255}
    luma = noise(1) // 2 + 60
    np.testing.assert_allclose(
        record(luma, full_range=False).variance, luma.var() * (255 / 219) ** 2, rtol=0.02
    )


def test_luma_beyond_limited_range_is_clipped() -> None:
    for level, expected in ((0, 0), (255, 255)):
        signals = record(np.full((1, 50, 60), level, np.uint8), full_range=False)
        assert set(signals.thumbs.ravel()) == {expected}
        assert signals.mean == expected


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 400), (7, 9), (12, 20), (13, 21), (135, 240), (541, 3)]
)
def test_any_size_of_luma_is_taken(size: tuple[int, int]) -> None:
    signals = record(np.full((2, *size), 77, np.uint8))
    assert signals.thumbs.shape == (2, 12, 20)
    assert set(signals.thumbs.ravel()) == {77}
    assert list(signals.variance) == [0, 0]


def test_the_size_may_change_within_a_film() -> None:
    recorder = SignalRecorder(full_range=True)
    for pts, size in enumerate([(135, 240), (60, 80), (135, 240)]):
        recorder.add(pts, np.full(size, 10 * pts, np.uint8))
    np.testing.assert_array_equal(recorder.finish().mean, [0, 10, 20])


def test_the_grid_covers_the_whole_picture() -> None:
    luma = np.zeros((1, 135, 240), np.uint8)
    luma[0, -3:, -4:] = 255
    luma[0, :3, :4] = 255
    thumb = record(luma).thumbs[0]
    assert thumb[0, 0] > 0
    assert thumb[-1, -1] > 0
    assert np.count_nonzero(thumb) == 2


def test_a_strided_view_gives_what_a_copy_gives() -> None:
    large = noise(1, 270, 480)
    assert_equal(record(large[:, ::2, ::2]), record(large[:, ::2, ::2].copy()))


def test_the_recorder_keeps_no_view_and_changes_nothing() -> None:
    frame = noise(1)[0]
    before = frame.copy()
    recorder = SignalRecorder(full_range=True)
    recorder.add(0, frame)
    np.testing.assert_array_equal(frame, before)
    frame[:] = 0
    assert_equal(recorder.finish(), record(before[None]))


WHOLE = record(noise(40, 45, 80), first=-5)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_segments_join_to_the_whole(borders: list[int]) -> None:
    luma = noise(40, 45, 80)
    edges = [0, *sorted(borders), 40]
    parts = [record(luma[a:b], first=a - 5) for a, b in pairwise(edges)]
    assert_equal(Signals.join([Signals.from_bytes(part.to_bytes()) for part in parts]), WHOLE)


@given(st.lists(st.integers(-(2**40), 2**40), max_size=12), st.integers(0, 3))
def test_bytes_come_back_as_they_were(pts: list[int], seed: int) -> None:
    recorder = SignalRecorder(full_range=False)
    for time, frame in zip(sorted(pts), noise(len(pts), 30, 40, seed), strict=True):
        recorder.add(time, frame)
    signals = recorder.finish()
    assert_equal(Signals.from_bytes(signals.to_bytes()), signals)
    assert signals.to_bytes() == signals.to_bytes()


def test_a_smooth_film_takes_few_bytes() -> None:
    rows, columns = np.mgrid[:135, :240]
    luma = np.stack([(rows + columns + t) // 2 % 256 for t in range(100)]).astype(np.uint8)
    assert len(record(luma).to_bytes()) < 100 * 100


def test_no_frame_gives_no_signals() -> None:
    for empty in (record(noise(0)), Signals.empty(), Signals.join([])):
        assert len(empty) == 0
        assert_equal(Signals.from_bytes(empty.to_bytes()), Signals.empty())


def test_damaged_bytes_are_refused() -> None:
    data = WHOLE.to_bytes()
    for broken in (b"", b"PNG" + data, data[:-7], data[:20] + b"\0" * 9 + data[29:]):
        with pytest.raises(ValueError, match="packed signals"):
            Signals.from_bytes(broken)


def test_frames_out_of_order_are_refused() -> None:
    later, sooner = record(noise(2), first=10), record(noise(2), first=0)
    with pytest.raises(ValueError, match="order of presentation"):
        Signals.join([later, sooner])


def test_shapes_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="5 frames need"):
        Signals(np.arange(5), WHOLE.thumbs, WHOLE.mean, WHOLE.variance)
