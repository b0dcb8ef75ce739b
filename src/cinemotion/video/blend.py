"""Linear blends of two pictures: the model behind dissolves and fades.

    progress, residual = blend_progress(window, window[0], window[-1])
    first, last = fit_ramp(progress, seconds)

In a blend, each frame is (1 - x) A + x B with the same x for all pixels. Whatever moves
breaks that: pixels change at different times, and the frames leave the straight line from A
to B. A fade is the blend whose B is black.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GRID = 40  # candidate times of a ramp's start and end, in each round of the search

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


def fit_ramp(values: Reals, seconds: Reals) -> tuple[float, float]:
    """Fit a curve that is level, then rises or falls evenly, then is level.

    The two levels are free, so it does not matter whether ``values`` reach 0 and 1. Least
    squares over the frames' times, coarse first, then fine.

    Args:
        values: ``(k,)``, at least 3.
        seconds: Times of the values, ``(k,)``, ascending.

    Returns:
        Times at which the ramp starts and ends.
    """
    k = len(values)
    stride = -(-k // _GRID)
    starts = ends = np.unique(np.append(np.arange(0, k, stride), k - 1))
    first, last = _best_pair(values, seconds, starts, ends)
    if stride > 1:
        around = np.arange(-stride, stride + 1)
        starts = np.unique(np.clip(first + around, 0, k - 1))
        ends = np.unique(np.clip(last + around, 0, k - 1))
        first, last = _best_pair(values, seconds, starts, ends)
    return float(seconds[first]), float(seconds[last])


def _best_pair(
    values: Reals, seconds: Reals, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[int, int]:
    """The start and end, among the candidates, whose ramp fits best."""
    first, last = (grid.ravel() for grid in np.meshgrid(starts, ends))
    proper = seconds[last] > seconds[first]
    first, last = first[proper], last[proper]
    since = seconds[None, :] - seconds[first, None]
    ramp = np.clip(since / (seconds[last] - seconds[first])[:, None], 0, 1)
    ramp -= ramp.mean(axis=1, keepdims=True)
    shared = ramp @ (values - values.mean())
    best = int(np.argmax(np.square(shared) / np.maximum(np.square(ramp).sum(axis=1), 1e-12)))
    return int(first[best]), int(last[best])
