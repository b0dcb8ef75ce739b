"""Valleys of light: runs of dark frames between lit ones, and how their sides climb.

    view = View.towards_black(signals, seconds)
    for valley in find_valleys(view, longest=4.0):
        valley.low, valley.high, valley.hold, valley.before, valley.after

Whether a valley is a fade, a night scene or a film's black leader is for ``fades`` to say.
White is seen by turning the film upside down: ``View.towards_white``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cinemotion.video.blend import blend_progress, fit_ramp
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import FLASH_FRAMES

_DARK = 0.2  # light of a valley's frames over that of the scenes around it
_UNLIT = 12.0  # luma levels; light up to which a film has not begun, or is over
_EQUAL = 0.25  # levels of mean luma within which frames are equally dark
_RISE = (1.01, 0.2)  # factor and levels by which light must grow while a slope goes on
_REST = 0.1  # seconds without such growth, after which a slope has reached its top
_STEEP = (0.55, 0.8)  # share of the whole way that a slope's largest step, or two, may take
_RESIDUAL = 0.15  # mean squared distance from a blend with black, as a share of the whole way

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """A film as seen on its way to black, or upside down on its way to white.

    Attributes:
        thumbs: uint8 ``(n, 12, 20)``.
        mean: float64 ``(n,)``, mean luma.
        light: float64 ``(n,)``, root mean square of the thumbnails, so that a few lamps in
            the night count and grain does not. It falls evenly in an even fade; flashes are
            cut off.
        seconds: float64 ``(n,)``, the frames' times.
    """

    thumbs: NDArray[np.uint8]
    mean: Reals
    light: Reals
    seconds: Reals

    @classmethod
    def towards_black(cls, signals: Signals, seconds: Reals) -> Self:
        """The film as it is."""
        mean = signals.mean.astype(np.float64)
        return cls(signals.thumbs, mean, _light(signals.thumbs), seconds)

    @classmethod
    def towards_white(cls, signals: Signals, seconds: Reals) -> Self:
        """The film with white for black."""
        thumbs = 255 - signals.thumbs
        return cls(thumbs, 255 - signals.mean.astype(np.float64), _light(thumbs), seconds)


@dataclass(frozen=True, slots=True)
class Valley:
    """A run of dark frames.

    Attributes:
        low: Its first frame.
        high: Its last frame.
        hold: First and last of its darkest frames.
        before: Top of the slope that leads into it: the last frame that shows the scene in
            full; ``None`` where no slope does.
        after: Top of the slope that leads out of it, likewise.
    """

    low: int
    high: int
    hold: tuple[int, int]
    before: int | None
    after: int | None


def find_valleys(view: View, longest: float) -> Iterator[Valley]:
    """Find the runs of dark frames of a film.

    Args:
        view: The film, at least 2 frames.
        longest: Seconds that a slope may take.

    Returns:
        First those around a short black, then those around a long one, each in order of
        time; a valley may come twice.
    """
    for reach in (longest, 8 * longest):
        dark = np.concatenate([[False], _dark(view, reach), [False]])
        edges = np.flatnonzero(np.diff(dark.astype(np.int8)))
        for low, end in edges.reshape(-1, 2).tolist():
            run = view.mean[low:end]
            darkest = low + np.flatnonzero(run <= run.min() + _EQUAL)
            hold = (int(darkest[0]), int(darkest[-1]))
            before = _top(view, hold[0], low, -1, longest) if low > 0 else None
            after = _top(view, hold[1], end - 1, +1, longest) if end < len(view.mean) else None
            yield Valley(low, end - 1, hold, before, after)


def _light(thumbs: NDArray[np.uint8]) -> Reals:
    """Root mean square of each thumbnail, without flashes; float64 ``(n,)``."""
    flat = thumbs.reshape(len(thumbs), -1)
    squares = np.einsum("ij,ij->i", flat, flat, dtype=np.int64)  # exact, whatever the order
    light = np.sqrt(squares / flat.shape[1])
    padded = np.pad(light, FLASH_FRAMES, mode="symmetric")
    calm = np.median(sliding_window_view(padded, 2 * FLASH_FRAMES + 1), axis=1)
    return np.asarray(np.minimum(light, 1.25 * calm))


def _dark(view: View, reach: float) -> NDArray[np.bool_]:
    """Frames that are dark against the lightest within ``reach`` seconds on either side.

    Where there has been no light since the film began, or comes none until it ends, the other
    side alone decides.
    """
    light, n = view.light, len(view.light)
    step = max(float(np.median(np.diff(view.seconds))), 1e-6)
    size = min(n, int(np.ceil(reach / step))) + 1
    before, after = _lightest(light, size), _lightest(light[::-1], size)[::-1]
    opening = np.maximum.accumulate(light) <= np.minimum(_DARK * after, _UNLIT)
    closing = np.maximum.accumulate(light[::-1])[::-1] <= np.minimum(_DARK * before, _UNLIT)
    around = np.where(opening, after, np.where(closing, before, np.minimum(before, after)))
    return np.asarray((light <= _DARK * around) & (around > 0))


def _lightest(light: Reals, size: int) -> Reals:
    """The most light in the ``size`` frames up to each, float64 ``(n,)``; before the film, none.

    Blocks are run through forwards and backwards (van Herk 1992), since a window may hold hundreds.
    """
    blocks = -(-(len(light) + size - 1) // size)
    padded = np.zeros(blocks * size)
    padded[size - 1 : size - 1 + len(light)] = light
    table = padded.reshape(blocks, size)
    since = np.maximum.accumulate(table, axis=1).ravel()
    until = np.maximum.accumulate(table[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.asarray(np.maximum(until[: len(light)], since[size - 1 : size - 1 + len(light)]))


def _top(view: View, foot: int, rim: int, step: int, longest: float) -> int | None:
    """Climb out of a valley.

    Args:
        view: The film.
        foot: The last of the darkest frames on this side.
        rim: The last dark frame on this side.
        step: -1 towards the past, +1 towards the future.
        longest: Seconds, beyond the rim.

    Returns:
        The frame at the top of the slope; ``None`` where the side is no slope.
    """
    light, seconds = view.light, view.seconds
    best, top, at = light[foot], foot, foot
    while 0 <= at + step < len(light) and abs(seconds[at + step] - seconds[rim]) < longest:
        at += step
        if light[at] > best * _RISE[0] + _RISE[1]:
            best, top = light[at], at
        elif (at - rim) * step > 0 and abs(seconds[at] - seconds[top]) > _REST:
            break
    low, high = min(at, foot), max(at, foot)
    times = seconds[low : high + 1]
    if len(times) < 3 or times[0] == times[-1]:  # the latter in damaged files
        return None
    ramp = fit_ramp([(light[low : high + 1], 1)], times)
    top = low + int(np.searchsorted(times, ramp[0] if step < 0 else ramp[1]))
    return top if _is_slope(view, foot, top) else None


def _is_slope(view: View, foot: int, top: int) -> bool:
    """Whether the light changes step by step between two frames, as in a blend with black."""
    window = slice(min(top, foot), max(top, foot) + 1)
    rise = view.light[top] - view.light[foot]
    if rise <= 0 or view.light[foot] > 1.25 * _DARK * view.light[top]:
        return False
    steps = np.sort(np.abs(np.diff(view.light[window]))) / rise
    if steps[-1] > _STEEP[0] or steps[-2:].sum() > _STEEP[1]:
        return False
    _, residual = blend_progress(view.thumbs[window], view.thumbs[top], view.thumbs[foot])
    return bool(residual.mean() <= _RESIDUAL)
