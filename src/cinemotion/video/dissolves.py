"""Dissolves: one scene blends into another.

    dissolves = find_dissolves(signals, seconds, [*cuts, *fades], ShotSettings())

Windows of 0.2 to 4 seconds, a factor of √2 apart, slide over the film. A window holds a
dissolve when, between its end frames A and B,

* the scene changes, while before A and after B it changes less (no pan that just goes on);
* the frames stay near the straight line from A to B, and move along it evenly;
* the contrast dips as it must: scenes that have nothing in common blend to a variance of
  (1 - x)² var A + x² var B. Motion, however strong, does not do that, which makes this the
  test that holds for moving scenes (Alattar, "Detecting and compressing dissolve regions in
  video sequences with a DVI multimedia image compression algorithm", 1993).

The best of overlapping windows wins; a ramp fitted to its progress gives extent and midpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.video.blend import blend_progress, fit_ramp
from cinemotion.video.novelty import novelty
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import ShotSettings, Transition

_SHORTEST = 0.2  # seconds; a shorter blend is a soft cut
_FEWEST = 4  # steps from A to B
_NEWS = 0.5  # novelty of B to A
_CALM = 0.9  # novelty before A and after B, as a share of that
_UNREST = 0.25  # what such novelty counts in the choice among overlapping windows
_RESIDUAL = 0.15  # mean squared distance from the line, as a share of |B - A|²
_UNEVEN = 0.12  # mean deviation of the progress from even progress
_DIP = 0.45  # depth of the dip of variance, as a share of what the blend predicts

_MARGIN = 1.0  # how far around the window, in its lengths, the ramp is fitted
_PICTURE = 9.0  # variance of a thumbnail that shows a picture; less is the business of fades
_LIKELY = 0.85  # variance at the middle, over the mean of both ends; a cheap first sieve

Frames = NDArray[np.intp]
Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Window:
    """Frames ``start`` to ``end`` included, in which a dissolve was seen; greater is better."""

    start: int
    end: int
    merit: float


def find_dissolves(
    signals: Signals, seconds: Seconds, known: Sequence[Transition], settings: ShotSettings
) -> list[Transition]:
    """Find the dissolves of a film.

    Args:
        signals: Of the whole film, n frames.
        seconds: float64 ``(n,)``, the frames' times.
        known: Cuts and fades; no dissolve reaches into them.
        settings: What counts as a transition.

    Returns:
        In order of time; they do not overlap.
    """
    if len(signals) <= _FEWEST:
        return []
    lows, highs = _free_ranges(len(signals), known)
    found: list[_Window] = []
    length = _SHORTEST
    while length <= settings.longest_transition * 1.2:  # the window is wider than the blend
        found += _windows(signals, seconds, lows, highs, length)
        length *= 2**0.5
    taken: list[_Window] = []
    for window in sorted(found, key=lambda w: (-w.merit, w.start, w.end)):
        if all(window.end < other.start or window.start > other.end for other in taken):
            taken.append(window)
    taken.sort(key=lambda window: window.start)
    return [_measured(signals, seconds, lows, highs, window) for window in taken]


def _free_ranges(n: int, known: Sequence[Transition]) -> tuple[Frames, Frames]:
    """For each frame, the first and last frame reachable without a known transition."""
    closed = np.zeros(n + 1, np.bool_)  # True: no way from the frame before to this one
    closed[[0, n]] = True
    for transition in known:
        closed[transition.first : transition.last + 1] = True
    borders = np.flatnonzero(closed)
    after = np.searchsorted(borders, np.arange(n), side="right")
    return borders[after - 1], borders[after] - 1


def _windows(
    signals: Signals, seconds: Seconds, lows: Frames, highs: Frames, length: float
) -> list[_Window]:
    """Windows of one length that hold a dissolve."""
    last = len(seconds) - 1
    grid = np.arange(seconds[0], seconds[-1], length / 8)
    start = np.unique(np.minimum(np.searchsorted(seconds, grid), last))
    end = np.minimum(np.searchsorted(seconds, seconds[start] + length - 1e-6), last)
    middle = np.searchsorted(seconds, (seconds[start] + seconds[end]) / 2)
    variance = signals.variance
    likely = variance[middle] < _LIKELY * (variance[start] + variance[end]) / 2
    free = (highs[start] >= end) & (end - start >= _FEWEST)
    start, end = start[likely & free], end[likely & free]

    news = novelty(signals.thumbs, start, end)
    fresh = news >= _NEWS
    start, end, news = start[fresh], end[fresh], news[fresh]
    before = np.maximum(np.searchsorted(seconds, seconds[start] - length / 2), lows[start])
    after = np.minimum(np.searchsorted(seconds, seconds[end] + length / 2), highs[end])
    drift = np.stack([novelty(signals.thumbs, before, start), novelty(signals.thumbs, end, after)])
    calm = np.flatnonzero(drift.max(axis=0) <= _CALM * news)
    unrest = drift.sum(axis=0) / (2 * news)
    return [
        _Window(int(start[i]), int(end[i]), merit - _UNREST * float(unrest[i]))
        for i in calm
        if (merit := _merit(signals, seconds, slice(int(start[i]), int(end[i]) + 1))) > 0
    ]


def _merit(signals: Signals, seconds: Seconds, window: slice) -> float:
    """How well a window fits a dissolve; 0 where it does not."""
    thumbs = signals.thumbs[window]
    progress, residual = blend_progress(thumbs, thumbs[0], thumbs[-1])
    times = seconds[window]
    uneven = float(np.abs(progress - (times - times[0]) / (times[-1] - times[0])).mean())
    inner = slice(len(thumbs) // 4, -(len(thumbs) // 4) or None)
    off_line = float(residual[inner].mean())
    if uneven > _UNEVEN or off_line > _RESIDUAL:
        return 0.0
    share = np.clip(progress, 0, 1)
    coarse = thumbs.astype(np.float64)
    contrast = coarse.var(axis=(1, 2))
    if min(contrast[0], contrast[-1]) < _PICTURE:
        return 0.0
    apart = float((coarse[-1] - coarse[0]).var())
    fine = signals.variance[window].astype(np.float64)
    dip = (_dip(contrast, share, apart) + _dip(fine, share, float(fine[0] + fine[-1]))) / 2
    return dip - off_line - uneven if dip >= _DIP else 0.0


def _dip(variance: Seconds, share: Seconds, apart: float) -> float:
    """Missing variance over x (1 - x) times ``apart``, the variance of B - A; at most 1.2.

    A blend of any two pictures has (1 - x) var A + x var B - x (1 - x) var (B - A).
    """
    missing = ((1 - share) * variance[0] + share * variance[-1] - variance).sum()
    predicted = float((share * (1 - share)).sum()) * apart
    return float(np.clip(missing / max(predicted, 1.0), -1, 1.2))


def _measured(
    signals: Signals, seconds: Seconds, lows: Frames, highs: Frames, window: _Window
) -> Transition:
    """Extent and midpoint of the dissolve in a window."""
    a, b = window.start, window.end
    margin = (seconds[b] - seconds[a]) * _MARGIN
    low = max(int(lows[a]), int(np.searchsorted(seconds, seconds[a] - margin)))
    high = int(np.searchsorted(seconds, seconds[b] + margin, side="right")) - 1
    high = min(int(highs[b]), high)
    thumbs, times = signals.thumbs, seconds[low : high + 1]
    progress, _ = blend_progress(thumbs[low : high + 1], thumbs[a], thumbs[b])
    start, end = fit_ramp(
        [
            (progress, 1),
            (signals.mean[low : high + 1].astype(np.float64), 1),
            (signals.variance[low : high + 1].astype(np.float64), 2),
        ],
        times,
    )
    first = low + int(np.searchsorted(times, start, side="right"))
    last = low + int(np.searchsorted(times, end)) - 1
    boundary = low + int(np.searchsorted(times, (start + end) / 2 - 1e-6))
    return Transition("dissolve", boundary, min(first, boundary), max(last, boundary))
