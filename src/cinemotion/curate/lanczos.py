"""Shrink many grey pictures at once, to the bit as Pillow's Lanczos filter does.

    small = shrink(luma, width=32, height=32)      # uint8 (n, H, W) -> uint8 (n, 32, 32)

A resize with a separable filter is two matrix products, and pictures of equal size share the
matrices. The weights have 22 bits after the point, so that sums of products of doubles are
exact and the only rounding is the one that Pillow does too: once after each direction.
Most of a matrix would be zeros; only the bands that are not are multiplied.

Source: Pillow, ``src/libImaging/Resample.c`` (8 bits per channel). The order of the directions
is that of Pillow 13, whatever version is installed: earlier ones always begin across.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Pixels = NDArray[np.uint8] | Doubles

_TAPS = 3.0  # half width of the filter, in source pixels, before it is widened
_ONE = 1 << 22  # Pillow's weights are whole multiples of one part in so many
_BAND = 8  # targets that share a matrix
_PART = 1 << 16  # source pixels at a time, as doubles, so that they stay in the cache


def shrink(luma: NDArray[np.uint8], *, width: int, height: int) -> NDArray[np.uint8]:
    """Resize pictures of one size as ``Image.resize((width, height), LANCZOS)`` does.

    Args:
        luma: uint8 ``(n, H, W)``, 0-255.
        width: Columns of the result.
        height: Rows of the result.

    Returns:
        uint8 ``(n, height, width)``.
    """
    _, rows, columns = luma.shape
    if rows - height > 2 * max(columns - width, 0):
        small = _across(_down(luma, height), width)
    else:
        small = _down(_across(luma, width), height)
    return small.astype(np.uint8)


def _across(pixels: Pixels, width: int) -> Doubles:
    """Resize rows; ``(n, H, W)`` to float64 ``(n, H, width)``."""
    n, rows, columns = pixels.shape
    flat = pixels.reshape(-1, columns)
    result = np.empty((n * rows, width))
    step = max(1, _PART // columns)
    for start in range(0, n * rows, step):
        part = slice(start, start + step)
        values = flat[part].astype(np.float64)
        for targets, sources, weights in _bands(columns, width):
            np.matmul(values[:, sources], weights.T, out=result[part, targets])
        _round(result[part])
    return result.reshape(n, rows, width)


def _down(pixels: Pixels, height: int) -> Doubles:
    """Resize columns; ``(n, H, W)`` to float64 ``(n, height, W)``."""
    n, rows, columns = pixels.shape
    result = np.empty((n, height, columns))
    step = max(1, _PART // (rows * columns))
    for start in range(0, n, step):
        part = slice(start, start + step)
        for targets, sources, weights in _bands(rows, height):
            values = pixels[part, sources].astype(np.float64, copy=False)
            np.matmul(weights, values, out=result[part, targets])
        _round(result[part])
    return result


def _round(pixels: Doubles) -> None:
    """Make whole numbers from 0 to 255, halves upwards, in place."""
    pixels += 0.5
    np.clip(pixels, 0, 255, out=pixels)
    np.floor(pixels, out=pixels)


@lru_cache(maxsize=256)
def _bands(source: int, target: int) -> list[tuple[slice, slice, Doubles]]:
    """The parts of the matrix that are not zero: some targets, their sources, the weights."""
    weights = _weights(source, target)
    bands = []
    for targets in np.array_split(np.arange(target), max(1, target // _BAND)):
        used = np.flatnonzero(weights[targets].any(axis=0))
        sources = slice(int(used[0]), int(used[-1]) + 1)
        part = np.ascontiguousarray(weights[targets, sources])
        bands.append((slice(int(targets[0]), int(targets[-1]) + 1), sources, part))
    return bands


def _weights(source: int, target: int) -> Doubles:
    """Weights, float64 ``(target, source)``, of every source pixel for every target."""
    scale = source / target
    stretch = max(scale, 1.0)
    weights = np.zeros((target, source))
    for i in range(target):
        centre = (i + 0.5) * scale
        first = max(0, int(centre - _TAPS * stretch + 0.5))
        last = min(source, int(centre + _TAPS * stretch + 0.5))
        taps = [_lanczos((j - centre + 0.5) / stretch) for j in range(first, last)]
        total = sum(taps)
        weights[i, first:last] = [_cut(tap / total) for tap in taps]
    return weights


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / _TAPS) if -_TAPS <= x < _TAPS else 0.0


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _cut(weight: float) -> float:
    """The nearest number with 22 bits after the point, halves away from zero."""
    return int(weight * _ONE + math.copysign(0.5, weight)) / _ONE
