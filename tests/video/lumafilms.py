"""Films drawn as luma alone: scenes that move, and the ways from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cinemotion.core.types import Shot
from cinemotion.video.shots import find_shots
from cinemotion.video.signals import SignalRecorder, Signals

HEIGHT, WIDTH = 90, 160
Film = NDArray[np.float32]  # (n, 90, 160), full range


@cache
def world(seed: int, low: float = 20, high: float = 220) -> Film:
    """A large still picture with structure of several sizes, float32 ``(360, 960)``."""
    noise = np.random.default_rng(seed).normal(size=(3, 360, 960))
    sizes = (24, 8, 3)
    picture = sum(gaussian_filter(n, s, mode="wrap") * s for n, s in zip(noise, sizes, strict=True))
    darkest, lightest = np.percentile(picture, [1, 99])
    share = np.clip((picture - darkest) / (lightest - darkest), 0, 1)
    return np.asarray(low + share * (high - low), np.float32)


def scene(
    seed: int,
    n: int,
    *,
    speed: tuple[float, float] = (0, 0),
    zoom: float = 1.0,
    shake: float = 0.0,
    grain: float = 0.0,
    levels: tuple[float, float] = (20, 220),
) -> Film:
    """n frames of a camera that looks into a world.

    Args:
        seed: Of the world and of everything random.
        n: Frames.
        speed: Pixels per frame, down and across.
        zoom: Factor per frame.
        shake: Standard deviation of the camera's place, pixels.
        grain: Standard deviation of noise, luma levels.
        levels: Darkest and lightest luma.
    """
    picture = world(seed, low=levels[0], high=levels[1])
    rng = np.random.default_rng(seed + 1000)
    frames = np.empty((n, HEIGHT, WIDTH), np.float32)
    for i in range(n):
        scale = zoom**i
        y0, x0 = np.array([100.0, 200.0]) + np.multiply(speed, i) + rng.normal(size=2) * shake
        rows = (y0 + (np.arange(HEIGHT) - HEIGHT / 2) * scale).astype(int) % picture.shape[0]
        columns = (x0 + (np.arange(WIDTH) - WIDTH / 2) * scale).astype(int) % picture.shape[1]
        frames[i] = picture[np.ix_(rows, columns)]
    return frames + rng.normal(size=frames.shape).astype(np.float32) * grain


def with_sprite(film: Film, size: int, speed: float, level: float = 250) -> Film:
    """A square that crosses the picture from left to right."""
    film = film.copy()
    for i in range(len(film)):
        left = round(i * speed) - size
        film[i, 10 : 10 + size, max(left, 0) : max(left + size, 0)] = level
    return film


def dissolve(before: Film, after: Film, n: int, ease: Callable[[float], float] = float) -> Film:
    """Blend the last n frames of one scene into the first n of the other."""
    share = np.array([ease((i + 1) / (n + 1)) for i in range(n)], np.float32)[:, None, None]
    return np.concatenate([before[:-n], before[-n:] * (1 - share) + after[:n] * share, after[n:]])


def fade_out(film: Film, n: int, to: float = 0.0) -> Film:
    """Blend the last n frames into a level; the very last shows nothing else."""
    share = (np.arange(1, n + 1, dtype=np.float32) / n)[:, None, None]
    return np.concatenate([film[:-n], film[-n:] * (1 - share) + to * share])


def fade_in(film: Film, n: int, of: float = 0.0) -> Film:
    """Let the first n frames come up from a level; the n-th is the first in full."""
    return fade_out(film[::-1], n, of)[::-1]


def flat(n: int, level: float = 0.0) -> Film:
    """n frames of one level."""
    return np.full((n, HEIGHT, WIDTH), level, np.float32)


def signals_of(film: Film, pts: Sequence[int] | None = None) -> Signals:
    """Record a film."""
    recorder = SignalRecorder(full_range=True)
    luma = np.clip(np.rint(film), 0, 255).astype(np.uint8)
    for i, frame in enumerate(luma):
        recorder.add(i if pts is None else pts[i], frame)
    return recorder.finish()


def shots_of(*parts: Film, rate: int = 25) -> list[Shot]:
    """The shots of a film that is made of these parts."""
    signals = signals_of(np.concatenate(parts))
    return find_shots(signals, Fraction(1, rate), len(signals))


def begins(shots: Sequence[Shot]) -> list[tuple[str, int]]:
    """How and where each shot after the first begins."""
    return [(shot.transition, shot.start_frame) for shot in shots[1:]]
