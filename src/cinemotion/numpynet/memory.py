"""Large arrays whose memory is used again.

    out = empty((1, 512, 512, 5), np.float32)

The system hands out memory in pages that it clears on first use, which for the maps of a picture
takes a good part of a forward pass (``benchmarks/convolution.py``). Buffers are kept instead, and
one is handed out again as soon as nobody holds an array in it any more. Each thread has its own,
up to a limit.
"""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array

_LARGE = 1 << 18  # bytes; below, the allocator keeps memory by itself
_KEPT = 1 << 28  # bytes that a thread keeps at most
_UNUSED = 3  # references to a buffer in no use: the list, the loop below, and the question itself


class _Buffers(threading.local):
    def __init__(self) -> None:
        self.all: list[Array] = []


_buffers = _Buffers()


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """Like ``np.empty``, from a buffer that was used before where one is free.

    Args:
        shape: Of the array.
        dtype: Of its numbers.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < _LARGE:
        return np.empty(shape, dtype)
    for buffer in _buffers.all:
        if size <= buffer.nbytes <= 2 * size and sys.getrefcount(buffer) == _UNUSED:
            break
    else:
        buffer = np.empty(size, np.uint8)
        if size + sum(each.nbytes for each in _buffers.all) <= _KEPT:
            _buffers.all.append(buffer)
    array: Array = buffer[:size].view(dtype).reshape(shape)
    return array


def empty_like(x: Array) -> Array:
    """Like ``np.empty_like``, from a buffer that was used before where one is free."""
    return empty(x.shape, x.dtype)
