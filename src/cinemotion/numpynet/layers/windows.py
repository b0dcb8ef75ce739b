"""Windows: which stretches of a map a kernel looks at, and how they are laid out as a matrix.

    before, after, out = window_grid(size=48, kernel=3, stride=1, padding="same")
    columns = window_rows(padded, (3, 3), (1, 1), block=1)     # (n, 46, 46, 3, 3 * C)

In NHWC a window's row is one run of ``kernel width × channels`` numbers in memory, so that laying
out windows (im2col; Chellapilla et al. 2006) copies whole runs. With ``block`` neighbours taken
together a run is longer and fewer of them are copied: see ``bands.py``.
"""

from __future__ import annotations

from numpy.lib.stride_tricks import as_strided

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.memory import empty
from cinemotion.numpynet.threads import copy_rows

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

    Args:
        x: ``(n, H, W, C)``, contiguous and wide enough for every block.
        kernel: Height and width of a window.
        stride: Steps down and to the right.
        count: Windows down and blocks to the right.
        block: Neighbouring windows that are taken as one wide window.

    Returns:
        ``(n, *count, kernel height, run)`` with runs of
        ``((block - 1) * stride + kernel width) * C`` numbers; read only.
    """
    (kh, kw), (sh, sw) = kernel, stride
    sn, sy, sx, item = x.strides
    run = ((block - 1) * sw + kw) * x.shape[3]
    return as_strided(
        x,
        shape=(len(x), *count, kh, run),
        strides=(sn, sy * sh, sx * sw * block, sy, item),
        writeable=False,
    )


def window_rows(
    x: Array, kernel: tuple[int, ...], stride: tuple[int, int], count: tuple[int, int], block: int
) -> Array:
    """The same windows, one after another in memory."""
    view = window_view(x, kernel, stride, count, block)
    if view.flags.c_contiguous:  # 1 × 1 windows: the maps themselves
        return view
    laid_out = empty(view.shape, x.dtype)
    copy_rows(laid_out, view)
    return laid_out
