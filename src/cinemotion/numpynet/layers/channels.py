"""One number for every channel: sums over a batch, and numbers repeated so that NumPy is quick.

    lines, repeat = channel_lines(x)            # a view (n * H, W * C)
    scale_channels(x, scale, shift)             # x * scale + shift, both of shape (C,)
NumPy works along the last axis, and starting a run of 5 or 16 numbers costs more than the run.
Over a line of the map, with the numbers repeated for each pixel, runs are hundreds long.
"""

from __future__ import annotations

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.memory import empty_like
from cinemotion.numpynet.threads import in_slices


def channel_sums(x: Array) -> Array:
    """The sum of every channel, ``(C,)``; as a matrix product, which uses all cores."""
    rows = x.reshape(-1, x.shape[-1])
    sums: Array = np.ones(len(rows), x.dtype) @ rows
    return sums


def channel_products(x: Array, y: Array) -> Array:
    """The sum of ``x * y`` of every channel, ``(C,)``."""
    product = empty_like(x)
    in_slices(lambda part: np.multiply(x[part], y[part], out=product[part]), len(x), x.size)
    return channel_sums(product)


def scale_channels(x: Array, scale: Array | None, shift: Array, out: Array | None = None) -> Array:
    """``x * scale + shift`` for every channel.

    Args:
        x: ``(n, ..., C)``, contiguous.
        scale: ``(C,)``, or None for 1.
        shift: ``(C,)``.
        out: Where to write, of the shape of ``x``; it may be ``x``.
    """
    out = empty_like(x) if out is None else out
    pixels = x.shape[-2] if x.ndim > 2 else 1
    lines, written = (a.reshape(-1, pixels * a.shape[-1]) for a in (x, out))
    shifts = np.tile(shift, pixels)
    scales = None if scale is None else np.tile(scale, pixels)

    def work(part: slice) -> None:
        if scales is None:
            np.add(lines[part], shifts, out=written[part])
        else:
            np.multiply(lines[part], scales, out=written[part])
            np.add(written[part], shifts, out=written[part])

    in_slices(work, len(lines), x.size)
    return out
