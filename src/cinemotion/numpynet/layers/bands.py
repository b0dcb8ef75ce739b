"""Kernels as banded matrices: many small windows as few wide ones.

    block = block_size(channels=3, filters=5, kernel=3, width=512)    # 4
    band = band_matrix(weight, stride=1, block=block)                 # (3, 6 * 3, 4 * 5)
    out = correlate_strips(padded, weight, (1, 1), (512, 128), block)  # (n, 512, 128, 4 * 5)

A picture has 3 channels and a bank 5 filters: laid out window by window, a 3 × 3 convolution is a
product of a very long matrix with one of 27 × 5, most of whose time goes into copying runs of 9
numbers. Four neighbouring windows taken together are one window of 3 × 6 pixels, and the
kernel repeats in the matrix, shifted by a pixel each time (a banded Toeplitz matrix). Half of its
entries are zeros, so twice as much is multiplied, in larger products, and half as much is copied.
``benchmarks/convolution.py`` prints what that brings.
"""

from __future__ import annotations

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.layers.windows import lay_out, window_view
from cinemotion.numpynet.memory import empty
from cinemotion.numpynet.threads import in_slices

# Enough channels make runs long and products large by themselves; then bands would only add zeros.
_FEW_NUMBERS = 32  # of a window's row
_FEW_FILTERS = 32
_BLOCK = 4
# Windows of a strip stay in a core's cache between being copied and being multiplied.
_STRIP = 200_000  # numbers
# Below this many multiplications OpenBLAS works in the thread that calls it; our own threads then
# do not wait for each other.
_ONE_THREAD = 262_144


def block_size(channels: int, filters: int, kernel: int, width: int) -> int:
    """How many neighbouring windows to take together: 1, or more for few channels and filters.

    Args:
        channels: Of the input.
        filters: Of the output.
        kernel: Width of the kernel.
        width: Windows in a row of the map.
    """
    few = kernel > 1 and channels * kernel < _FEW_NUMBERS and filters < _FEW_FILTERS
    return _BLOCK if few and width >= _BLOCK else 1


def correlate_strips(
    x: Array, weight: Array, stride: tuple[int, int], count: tuple[int, int], block: int
) -> Array:
    """The windows of padded maps times the kernel, a strip of the map at a time, on all cores.

    Args:
        x: ``(n, H, W, C)``, contiguous and wide enough for every block.
        weight: ``(kh, kw, C, F)``.
        stride: Steps down and to the right.
        count: Windows down and blocks to the right.
        block: Windows in a block.

    Returns:
        ``(n, *count, block * F)``.
    """
    view = window_view(x, weight.shape[:2], stride, count, block)
    band = band_matrix(weight, stride[1], block)
    band = band.reshape(-1, band.shape[2])
    out = empty((len(x), *count, band.shape[1]), x.dtype)
    lines = max(1, _STRIP // (count[1] * len(band)))  # of a strip
    strips = [
        (slice(image, image + max(1, lines // count[0])), slice(top, top + lines))
        for image in range(0, len(x), max(1, lines // count[0]))
        for top in range(0, count[0], lines)
    ]

    def work(part: slice) -> None:
        for strip in strips[part]:
            _multiply(lay_out(view[strip], x.dtype, np.copyto), band, out[strip])

    in_slices(work, len(strips), out.size)
    return out


def _multiply(windows: Array, band: Array, out: Array) -> None:
    """Windows times band, in pieces small enough for one thread each."""
    rows = windows.reshape(-1, len(band))
    results = out.reshape(len(rows), -1)
    piece = max(1, _ONE_THREAD // band.size)
    whole = len(rows) // piece * piece
    np.matmul(
        rows[:whole].reshape(-1, piece, rows.shape[1]),
        band,
        out=results[:whole].reshape(-1, piece, results.shape[1]),
    )
    np.matmul(rows[whole:], band, out=results[whole:])


def band_matrix(weight: Array, stride: int, block: int) -> Array:
    """The kernel for a block of neighbouring windows.

    Args:
        weight: ``(kh, kw, C, F)``.
        stride: Pixels from one window to the next.
        block: Windows in a block.

    Returns:
        ``(kh, ((block - 1) * stride + kw) * C, block * F)``; zero outside the bands.
    """
    kh, kw, channels, filters = weight.shape
    band = np.zeros((kh, ((block - 1) * stride + kw) * channels, block * filters), weight.dtype)
    rows = weight.reshape(kh, kw * channels, filters)
    for i, part in enumerate(_bands(band, kw * channels, filters, stride * channels)):
        assert i < block
        part[...] = rows
    return band


def sum_bands(band: Array, shape: tuple[int, ...], stride: int) -> Array:
    """The derivative by the weight from that by its band matrix: every band is the same weight.

    Args:
        band: As :func:`band_matrix` makes it.
        shape: Of the weight, ``(kh, kw, C, F)``.
        stride: As for the matrix.
    """
    kh, kw, channels, filters = shape
    parts = _bands(band, kw * channels, filters, stride * channels)
    total: Array = np.sum(parts, axis=0).reshape(kh, kw, channels, filters)
    return total


def _bands(band: Array, rows: int, columns: int, step: int) -> list[Array]:
    """Views of the places where the kernel stands."""
    count = band.shape[2] // columns
    return [
        band[:, i * step : i * step + rows, i * columns : (i + 1) * columns] for i in range(count)
    ]
