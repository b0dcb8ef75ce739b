"""Arrays that are used again: fresh ones cost as much to touch as the copying into them.

pool = Buffers((32, 224, 224, 3))
batch = pool.take(20)        # float32 (20, 224, 224, 3), comes back when nobody holds it
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

# TensorFlow takes an array over without a copy where it begins at a multiple of so many bytes.
_ALIGNMENT = 64


class Buffers:
    """Float32 arrays of one shape; a new one is made only when all are in use.

    Args:
        shape: The largest array; the first dimension may be asked for in part.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.made = 0
        self._free: list[Floats] = []

    def take(self, n: int) -> Floats:
        """An array of ``n`` entries, with what was in it before.

        It is free for others when the last reference to it, to a part of it or to a tensor
        that shares its memory is gone.
        """
        try:
            buffer = self._free.pop()
        except IndexError:
            buffer = self._new()
        lease = _Lease(buffer[:n].__array_interface__)
        weakref.finalize(lease, self._free.append, buffer).atexit = False
        return np.asarray(lease)

    def _new(self) -> Floats:
        self.made += 1
        return aligned(self.shape, np.dtype(np.float32))


def aligned(shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    """An array that TensorFlow takes over as it is, with anything in it."""
    size = math.prod(shape) * kind.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    skip = -room.ctypes.data % _ALIGNMENT
    return room[skip : skip + size].view(kind).reshape(shape)


class _Lease:
    """What an array and all views of it hold on to as their base.

    NumPy lets a view of a view hold the first array alone, so that an array is no lease.
    """

    def __init__(self, interface: dict[str, Any]) -> None:
        self.__array_interface__ = interface
