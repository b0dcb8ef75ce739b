"""Windows: which stretches of a map a kernel looks at, and how they are laid out as a matrix.

    before, after, out = window_grid(size=48, kernel=3, stride=1, padding="same")
    windows = window_view(padded, (3, 3), (1, 1), (46, 46), block=1)
    lay_out(windows, padded.dtype, copy_rows)                  # (n, 46, 46, 3, 3 * C)

In NHWC a window's row is one run of ``kernel width × channels`` numbers in memory, so that laying
out windows (im2col; Chellapilla et al. 2006) copies whole runs. With ``block`` neighbours taken
together a run is longer and fewer of them are copied: see ``bands.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.memory import empty

PADDINGS = ("valid", "same")


def pair(value: int | tuple[int, int], name: str) -> tuple[int, int]:
    """Height and width from one number or two.

    Raises:
        ValueError: A number is not positive.
    """
    height, width = (value, value) if isinstance(value, int) else value
    if height < 1 or width < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(height), int(width)


def check_padding(padding: str) -> str:
    """The padding, if it is one.

    Raises:
        ValueError: It is not.
    """
    if padding not in PADDINGS:
        raise ValueError(f"padding must be one of {', '.join(PADDINGS)}, got {padding!r}")
    return padding


def window_grid(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int, int]:
    """How one side of a map is padded and how many windows fit.

    With ``same`` the output has ``ceil(size / stride)`` windows and an odd row of padding goes to
    the end, as in TensorFlow; with ``valid`` there is no padding.

    Returns:
        Padding before, padding after, number of windows.

    Raises:
        ValueError: Not one window fits.
    """
    if padding == "same":
        count = -(-size // stride)
        total = max((count - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2, count
    if size < kernel:
        raise ValueError(f"a window of {kernel} does not fit into a map of {size}; pad or shrink")
    return 0, 0, (size - kernel) // stride + 1


def pad_maps(x: Array, rows: tuple[int, int], columns: tuple[int, int], value: float = 0) -> Array:
    """Maps with a margin of one value; the maps themselves where there is no margin."""
    if not any(rows) and not any(columns):
        return x
    n, height, width, channels = x.shape
    shape = (n, height + sum(rows), width + sum(columns), channels)
    padded = empty(shape, x.dtype)
    top, left = rows[0], columns[0]
    for margin in (padded[:, :top], padded[:, top + height :]):
        margin[...] = value
    for margin in (padded[:, :, :left], padded[:, :, left + width :]):
        margin[...] = value
    padded[:, top : top + height, left : left + width] = x
    return padded


def window_view(
    x: Array, kernel: tuple[int, ...], stride: tuple[int, int], count: tuple[int, int], block: int
) -> Array:
    """The windows of padded maps, where they lie; they overlap.

    A run is one element here: NumPy copies it as a whole, in half the time of its numbers.

    Args:
        x: ``(n, H, W, C)``, contiguous and wide enough for every block.
        kernel: Height and width of a window.
        stride: Steps down and to the right.
        count: Windows down and blocks to the right.
        block: Neighbouring windows that are taken as one wide window.

    Returns:
        ``(n, *count, kernel height)`` of runs of ``((block - 1) * stride + kernel width) * C``
        numbers, as raw bytes.
    """
    (kh, kw), (sh, sw) = kernel, stride
    sn, sy, sx, item = x.strides
    run = ((block - 1) * sw + kw) * x.shape[3]
    return np.ndarray(
        (len(x), *count, kh),
        np.dtype((np.void, run * item)),
        buffer=x,
        strides=(sn, sy * sh, sx * sw * block, sy),
    )


def lay_out(windows: Array, dtype: np.dtype[Any], copy: Callable[[Array, Array], None]) -> Array:
    """Windows one after another in memory, ``(*windows.shape, run)``.

    Args:
        windows: As :func:`window_view` gives them.
        dtype: Of the numbers in a run.
        copy: Puts its second argument into its first.
    """
    rows = empty((*windows.shape, windows.dtype.itemsize // dtype.itemsize), dtype)
    copy(rows.view(windows.dtype)[..., 0], windows)
    return rows
