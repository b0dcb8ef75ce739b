"""Fades: a scene goes out into black (or white), or comes up from it.

    fades = find_fades(signals, seconds, ShotSettings())

A fade is a valley of light: a run of frames that are dark against what comes before and
after, with at least one slope that takes two frames or more and is a blend with black. Where
the new shot begins:

* both sides slope: at the darkest frame; of several equally dark ones the middle one; where
  black is held for more than a second, at the first frame that shows the new scene;
* one side is a hard edge: that is a cut, to black (at the first black frame) or from black,
  and the fade on the other side has no boundary of its own;
* neither side slopes: not a fade; ``cuts`` sees two cuts, or one where the black is short;
* the film begins or ends in black: nowhere. The fade is told all the same, without a
  boundary, so that nobody takes its frames for something else.

White is treated as black turned upside down, but is believed only between two different
scenes with a slope on both sides: overexposure, flashes and grey cards come down from white too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from cinemotion.video.blend import blend_progress, fit_ramp
from cinemotion.video.novelty import novelty
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import ShotSettings, Transition

_DARK = 0.2  # light of a valley's frames over that of the scenes around it
_UNLIT = 12.0  # luma levels; light up to which a film has not begun, or is over
_EMPTY = 0.05  # mean luma of a black frame over that of those scenes
_BLANK = 9.0  # variance of a thumbnail that shows nothing but grain
_FAINT = 0.02  # the same, over that of the scenes around it
_EQUAL = 0.25  # levels of mean luma within which frames are equally dark
_LONG_HOLD = 1.0  # seconds
_REST = 0.1  # seconds without more light, after which a slope has reached its top
_STEEP = (0.55, 0.8)  # share of the whole way that a slope's largest step, or two, may take
_EDGE = 0.8  # light that a hard edge reaches within two frames, over that of the next few
_RESIDUAL = 0.15  # mean squared distance from a blend with black, as a share of the whole way
_NEWS = 0.5  # novelty from which two scenes differ
_TEXTURE = 100.0  # variance of a scene that can fade to white

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _View:
    """A film as seen on its way to black; for white it is turned upside down.

    Attributes:
        thumbs: uint8 ``(n, 12, 20)``.
        mean: float64 ``(n,)``, mean luma.
        light: float64 ``(n,)``, root mean square of the thumbnails, so that a few lamps in
            the night count and grain does not. It falls evenly in an even fade.
        seconds: float64 ``(n,)``.
        longest: Seconds; of one slope.
    """

    thumbs: NDArray[np.uint8]
    mean: Reals
    light: Reals
    seconds: Reals
    longest: float


@dataclass(frozen=True, slots=True)
class _Valley:
    """A run of dark frames, ``[low, high]``, the darkest of it, ``hold``, and its slopes.

    A slope is told by the frame at its top, the nearest that shows the scene in full; ``None``
    stands for a hard edge or for the film's end.
    """

    low: int
    high: int
    hold: tuple[int, int]
    before: int | None
    after: int | None


def find_fades(signals: Signals, seconds: Reals, settings: ShotSettings) -> list[Transition]:
    """Find the fades of a film.

    Args:
        signals: Of the whole film, n frames.
        seconds: float64 ``(n,)``, the frames' times.
        settings: What counts as a transition.

    Returns:
        Fades, and the cuts at their hard edges, in order of time. The fades do not overlap.
    """
    if len(signals) < 3:
        return []
    mean = signals.mean.astype(np.float64)
    longest = settings.longest_transition
    black = _View(signals.thumbs, mean, _light(signals.thumbs), seconds, longest)
    inverse = 255 - signals.thumbs
    white = _View(inverse, 255 - mean, _light(inverse), seconds, longest)
    found = [_transitions(black, v) for v in _valleys(black) if _is_fade(black, v)]
    found += [_transitions(white, v) for v in _valleys(white) if _is_white_fade(white, v)]
    taken: list[Transition] = []
    for fade, *cut in found:
        if all(fade.last < other.first or fade.first > other.last for other in taken):
            taken += [fade, *cut]
    return sorted(taken, key=lambda transition: transition.first)


def _light(thumbs: NDArray[np.uint8]) -> Reals:
    """Root mean square of each thumbnail; float64 ``(n,)``. The sums are exact integers."""
    flat = thumbs.reshape(len(thumbs), -1)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", flat, flat, dtype=np.int64) / flat.shape[1]))


def _valleys(view: _View) -> Iterator[_Valley]:
    """All runs of dark frames; those around a short black first, then around a long one."""
    for reach in (view.longest, 8 * view.longest):
        dark = np.concatenate([[False], _dark(view, reach), [False]])
        edges = np.flatnonzero(np.diff(dark.astype(np.int8)))
        for low, end in edges.reshape(-1, 2):
            run = view.mean[low:end]
            darkest = low + np.flatnonzero(run <= run.min() + _EQUAL)
            hold = (int(darkest[0]), int(darkest[-1]))
            before = _top(view, hold[0], int(low), -1) if low > 0 else None
            after = _top(view, hold[1], int(end) - 1, +1) if end < len(view.mean) else None
            yield _Valley(int(low), int(end) - 1, hold, before, after)


def _dark(view: _View, reach: float) -> NDArray[np.bool_]:
    """Frames that are dark against the lightest within ``reach`` seconds on either side.

    Where there has been no light since the film began, or comes none until it ends, the other
    side alone decides.
    """
    light, n = view.light, len(view.light)
    step = max(float(np.median(np.diff(view.seconds))), 1e-6)
    size = 2 * min(n, int(np.ceil(reach / step))) + 1
    half = size // 2
    lit = np.pad(light, half)
    before = maximum_filter1d(lit, half + 1, origin=half // 2)[half : half + n]
    after = maximum_filter1d(lit, half + 1, origin=-((half + 1) // 2))[half : half + n]
    opening = np.maximum.accumulate(light) <= np.minimum(_DARK * after, _UNLIT)
    closing = np.maximum.accumulate(light[::-1])[::-1] <= np.minimum(_DARK * before, _UNLIT)
    around = np.where(opening, after, np.where(closing, before, np.minimum(before, after)))
    return np.asarray(light <= _DARK * around) & (around > 0)


def _top(view: _View, foot: int, rim: int, step: int) -> int | None:
    """Climb out of a valley.

    Args:
        view: The film.
        foot: The last of the darkest frames on this side.
        rim: The last dark frame on this side.
        step: -1 towards the past, +1 towards the future.

    Returns:
        The frame at the top of the slope; ``None`` where the side is no slope.
    """
    light, seconds = view.light, view.seconds
    best, top, at = light[foot], foot, foot
    while 0 <= at + step < len(light) and abs(seconds[at + step] - seconds[rim]) < view.longest:
        at += step
        if light[at] > best * 1.01 + 0.2:
            best, top = light[at], at
        elif (rim - at) * step < 0 and abs(seconds[at] - seconds[top]) > _REST:
            break
    low, high = min(at, foot), max(at, foot)
    times = seconds[low : high + 1]
    if len(times) < 3:
        return None
    ramp = fit_ramp(light[low : high + 1], times)
    top = low + int(np.searchsorted(times, ramp[0] if step < 0 else ramp[1]))
    slope = slice(min(top, foot), max(top, foot) + 1)
    steps = np.sort(np.abs(np.diff(light[slope]))) / max(light[top] - light[foot], 1e-9)
    if light[foot] > 1.25 * _DARK * light[top] or steps[-1] > _STEEP[0]:
        return None
    if steps[-2:].sum() > _STEEP[1]:
        return None
    _, residual = blend_progress(view.thumbs[slope], view.thumbs[top], view.thumbs[foot])
    return top if residual.mean() <= _RESIDUAL else None


def _is_fade(view: _View, valley: _Valley) -> bool:
    """Whether a valley has a slope, and is black at its floor.

    What is left of the picture there may also be a dim rest of a scene, if another follows.
    A dark scene of its own between two bright ones is neither.
    """
    if valley.before is None and (valley.after is None or not _is_edge(view, valley.low, -1)):
        return False
    if valley.after is None and not _is_edge(view, valley.high, +1):
        return False
    ends = [frame for frame in _ends(view, valley) if frame is not None]
    floor = valley.hold[0]
    blank = max(_BLANK, _FAINT * min(float(view.thumbs[frame].var()) for frame in ends))
    empty = view.mean[floor] <= _EMPTY * min(view.mean[frame] for frame in ends)
    if empty or view.thumbs[floor].var() <= blank:
        return True
    tops = np.array([top for top in (valley.before, valley.after) if top is not None])
    rest = novelty(view.thumbs, tops, np.full(len(tops), floor)).min() < _NEWS
    return bool(rest) and _differ(view, ends)


def _is_edge(view: _View, rim: int, step: int) -> bool:
    """Whether the light comes at once beyond a valley's last frame; true at the film's ends."""
    outside = view.light[rim + 1 : rim + 7] if step > 0 else view.light[max(rim - 6, 0) : rim][::-1]
    return len(outside) == 0 or bool(outside[:2].max() >= _EDGE * outside.max())


def _is_white_fade(view: _View, valley: _Valley) -> bool:
    """Whether a valley of the film turned upside down is a fade through white."""
    if valley.before is None or valley.after is None:
        return False
    ends = [valley.before, valley.after]
    return (
        _is_fade(view, valley)
        and min(float(view.thumbs[frame].var()) for frame in ends) >= _TEXTURE
        and _differ(view, ends)
    )


def _ends(view: _View, valley: _Valley) -> tuple[int | None, int | None]:
    """The nearest frames in full light before and after; ``None`` beyond the film's ends."""
    before = valley.before if valley.before is not None else valley.low - 1
    after = valley.after if valley.after is not None else valley.high + 1
    return before if before >= 0 else None, after if after < len(view.mean) else None


def _differ(view: _View, ends: list[int]) -> bool:
    """Whether two frames show different scenes; a single one differs from nothing."""
    if len(ends) < 2:
        return False
    return bool(novelty(view.thumbs, np.array(ends[:1]), np.array(ends[1:]))[0] >= _NEWS)


def _transitions(view: _View, valley: _Valley) -> list[Transition]:
    """The fade that a valley is, then the cut at its hard edge; the module has the rules."""
    (dark, last_dark), low, high = valley.hold, valley.low, valley.high
    first = low if valley.before is None else valley.before + 1
    last = high if valley.after is None else valley.after - 1
    if low == 0 or high == len(view.mean) - 1:
        return [Transition("fade", None, first, last)]
    if valley.before is None or valley.after is None:
        edge = low if valley.before is None else high + 1
        return [Transition("fade", None, first, last), Transition("cut", edge, edge, edge)]
    if view.seconds[last_dark] - view.seconds[dark] > _LONG_HOLD:
        return [Transition("fade", last_dark + 1, first, last)]
    return [Transition("fade", (dark + last_dark) // 2, first, last)]
