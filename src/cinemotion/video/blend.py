"""Linear blends of two pictures: the model behind dissolves and fades.

    progress, residual = blend_progress(window, window[0], window[-1])
    start, end = fit_ramp([(progress, 1), (variance, 2)], seconds)

In a blend, each frame is (1 - x) A + x B with the same x for all pixels. Whatever moves
breaks that: pixels change at different times, and the frames leave the straight line from A
to B. A fade is the blend whose B is black.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GRID = 40  # candidate times of a ramp's start and end, in each round of the search
_NOISE = 1e-3  # share of a curve's variance that no fit need explain

Reals = NDArray[np.float64]


def blend_progress(
    window: NDArray[np.uint8], start: NDArray[np.uint8], end: NDArray[np.uint8]
) -> tuple[Reals, Reals]:
    """Place frames on the line from one picture to another.

    Args:
        window: uint8 ``(k, h, w)``.
        start: uint8 ``(h, w)``, the picture A.
        end: uint8 ``(h, w)``, the picture B.

    Returns:
        The share x of B in each frame, ``(k,)``, and the squared distance of each frame from
        the line as a share of the squared distance of A and B, ``(k,)``. Equal pictures give
        no progress and no residual.
    """
    line = (end.astype(np.float64) - start).ravel()
    length = line @ line
    if length == 0:
        return np.zeros(len(window)), np.zeros(len(window))
    offset = (window.astype(np.float64) - start).reshape(len(window), -1)
    progress = offset @ line / length
    square = np.square(offset).sum(axis=1)
    return progress, np.maximum(square / length - np.square(progress), 0)


def fit_ramp(curves: Sequence[tuple[Reals, int]], seconds: Reals) -> tuple[float, float]:
    """Find when a blend starts and ends, from curves that are level before and after it.

    Each curve is a polynomial of the blend's share x, which rises evenly from 0 to 1: its
    degree is 1 for a level that just moves (light, mean luma, progress), 2 for a variance.
    The levels are free. Curves are weighed by how well they fit at all (maximum likelihood
    with unknown noise: the sum of the logarithms of the squared errors); the times are those
    of frames, searched coarse first, then fine.

    Args:
        curves: Values ``(k,)``, k at least 3, and degree of each.
        seconds: Times of the values, ``(k,)``, ascending.

    Returns:
        Times at which the blend starts and ends.
    """
    k = len(seconds)
    stride = -(-k // _GRID)
    starts = ends = np.unique(np.append(np.arange(0, k, stride), k - 1))
    first, last = _best_pair(curves, seconds, starts, ends)
    if stride > 1:
        around = np.arange(-stride, stride + 1)
        starts = np.unique(np.clip(first + around, 0, k - 1))
        ends = np.unique(np.clip(last + around, 0, k - 1))
        first, last = _best_pair(curves, seconds, starts, ends)
    return float(seconds[first]), float(seconds[last])


def _best_pair(
    curves: Sequence[tuple[Reals, int]],
    seconds: Reals,
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
) -> tuple[int, int]:
    """The start and end, among the candidates, whose ramp fits best."""
    first, last = (grid.ravel() for grid in np.meshgrid(starts, ends))
    proper = seconds[last] > seconds[first]
    first, last = first[proper], last[proper]
    since = seconds[None, :] - seconds[first, None]
    share = np.clip(since / (seconds[last] - seconds[first])[:, None], 0, 1)
    line = _unit(share - share.mean(axis=1, keepdims=True))
    square = np.square(share)
    square -= square.mean(axis=1, keepdims=True)
    bend = _unit(square - (square * line).sum(axis=1, keepdims=True) * line)
    misfit = np.zeros(len(first))
    for values, degree in curves:
        centred = values - values.mean()
        total = float(centred @ centred)
        rest = total - np.square(line @ centred)
        if degree > 1:
            rest -= np.square(bend @ centred)
        misfit += np.log(np.maximum(rest, 0) + _NOISE * total + 1e-12)
    best = int(np.argmin(misfit))
    return int(first[best]), int(last[best])


def _unit(rows: Reals) -> Reals:
    """Rows scaled to length 1; rows of zeros stay."""
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 1e-9))
