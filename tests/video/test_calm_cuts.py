"""Cuts between scenes that are alike: two heads before walls, between the same black bars."""

from __future__ import annotations

import numpy as np

from cinemotion.video.cuts import find_cuts
from cinemotion.video.novelty import novelty
from cinemotion.video.signals import LUMA_WIDTH, SignalRecorder, Signals
from cinemotion.video.transitions import ShotSettings

SIZE = (LUMA_WIDTH * 9 // 16, LUMA_WIDTH)


def head(tall: float, light: int, wall: int, hair: int) -> np.ndarray:
    """A face before a wall, with black bars left and right."""
    height, width = SIZE
    y, x = np.mgrid[:height, :width] / height
    image = np.full(SIZE, 16.0)
    middle = width / height / 2
    inside = abs(x - middle) < 0.45
    image[inside] = wall
    face = ((x - middle) / (0.5 * tall)) ** 2 + ((y - 0.5) / (0.7 * tall)) ** 2 < 1
    image[face & inside] = light
    image[face & inside & (y < 0.5 - 0.35 * tall)] = hair
    return image.astype(np.uint8)


def recorded(frames: list[np.ndarray]) -> Signals:
    recorder = SignalRecorder(full_range=False)
    for number, frame in enumerate(frames):
        recorder.add(number, np.ascontiguousarray(frame))
    return recorder.finish()


def cuts(signals: Signals) -> list[int | None]:
    seconds = np.arange(len(signals)) / 25
    return [found.boundary for found in find_cuts(signals, seconds, [], ShotSettings())]


def test_a_weak_cut_in_a_calm_stretch_is_a_cut() -> None:
    one, other = head(0.55, 150, 190, 40), head(0.7, 190, 120, 40)
    signals = recorded([one] * 30 + [other] * 30)
    news = float(novelty(signals.thumbs, np.array([29]), np.array([30]))[0])
    assert 0.2 <= news < ShotSettings().cut_novelty, news  # too little for a cut by itself
    assert cuts(signals) == [30]


def test_the_weaker_the_calmer_it_must_be() -> None:
    one, other = head(0.55, 150, 190, 40), head(0.65, 170, 170, 60)
    still = [one] * 30 + [other] * 30
    news = float(novelty(recorded(still).thumbs, np.array([29]), np.array([30]))[0])
    assert 0.14 <= news < 0.2, news
    assert cuts(recorded(still)) == [30]
    # A step to the side near by, a hundredth of it, is enough to be in doubt.
    aside = [(0.7 * f + 0.3 * np.roll(f, 1, axis=1)).astype(np.uint8) for f in still[27:]]
    moved = [*still[:27], *aside]
    step = float(novelty(recorded(moved).thumbs, np.array([26]), np.array([27]))[0])
    assert 0.002 * news < step < 0.03 * news, step
    assert cuts(recorded(moved)) == []


def test_a_flash_in_a_calm_stretch_is_none() -> None:
    one, other = head(0.55, 150, 190, 40), head(0.7, 190, 120, 40)
    assert cuts(recorded([one] * 30 + [other] * 3 + [one] * 30)) == []


def test_the_same_amid_movement_is_none() -> None:
    rng = np.random.default_rng(0)

    def restless(image: np.ndarray) -> np.ndarray:
        shift = int(rng.integers(-9, 10))
        return np.roll(image, shift, axis=0)

    one, other = head(0.55, 150, 190, 40), head(0.7, 190, 120, 40)
    frames = [restless(one) for _ in range(30)] + [restless(other) for _ in range(30)]
    assert len(cuts(recorded(frames))) <= 1
