"""Pictures of one size in a file, read in any order without holding them in memory.

    write_pictures(path, shape=(1000, 48, 48, 3), chunks=chunks)
    pictures = Pictures(path, batch_size=32)
    pictures.read(rows)            # float32 (m, 48, 48, 3), 0 to 255, equal to what was written
    load_pictures(path)            # all of them, for who has the room
    load_pictures(path, rows)      # in this order, as float32

The file is NumPy's ``.npy``. It holds bytes where every value is whole, which pictures have that
needed no resizing, and float32 where not. Reading goes past the process' memory through the
system's page cache, which is given back when others need it.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import DatasetError
from cinemotion.core.types import Floats
from cinemotion.learn.buffers import Buffers, aligned
from cinemotion.learn.order import Rows

Shape = tuple[int, int, int, int]
Chunks = Iterable[tuple[Rows, Floats]]
"""Row numbers ``(m,)`` and their pictures, float32 ``(m, H, W, 3)``, 0 to 255."""


class Pictures:
    """A file of pictures, opened for reading; may be shared by threads.

    Args:
        path: A file that :func:`write_pictures` wrote.
        batch_size: The most rows that are read at once.

    Raises:
        DatasetError: The file is missing or damaged.
    """

    def __init__(self, path: Path, *, batch_size: int) -> None:
        layout = _load(path)
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self.path = path
        self.shape: Shape = layout.shape
        self._kind = layout.dtype
        self._offset = layout.offset
        self._row_bytes = layout[:1].nbytes
        self._buffers = Buffers((batch_size, *self.shape[1:]))

    def read(self, rows: Rows) -> Floats:
        """Pictures, float32 ``(m, H, W, 3)``, 0 to 255, in the order asked for."""
        batch = self._buffers.take(len(rows))
        if self._kind == np.float32:
            for picture, row in zip(batch, rows.tolist(), strict=True):
                self._fill(picture, row)
            return batch
        small = np.empty(self.shape[1:], np.uint8)  # stays in the processor's cache
        for picture, row in zip(batch, rows.tolist(), strict=True):
            self._fill(small, row)
            picture[:] = small
        return batch

    def _fill(self, picture: NDArray[Any], row: int) -> None:
        at = self._offset + row * self._row_bytes
        if os.preadv(self._file, [picture.data], at) != self._row_bytes:
            raise DatasetError(f"the cache {self.path} ends too early; remove it")


def load_pictures(path: Path, rows: Rows | None = None) -> NDArray[Any]:
    """All pictures of a file in memory, aligned: uint8 or float32 ``(n, H, W, 3)``.

    With ``rows``, the pictures of these rows, float32, in their order.

    Raises:
        DatasetError: The file is missing or damaged.
    """
    layout = _load(path)
    if rows is None:
        whole = aligned(layout.shape, layout.dtype)
        whole[:] = layout
        return whole
    whole = aligned((len(rows), *layout.shape[1:]), np.dtype(np.float32))
    for picture, row in zip(whole, rows.tolist(), strict=True):
        picture[:] = layout[row]
    return whole


def _load(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read the cache {path}: {error}; remove it") from error


def write_pictures(path: Path, shape: Shape, chunks: Callable[[], Chunks]) -> None:
    """Write pictures, as bytes if that loses nothing.

    Args:
        path: The file to write.
        shape: ``(n, H, W, 3)``.
        chunks: Gives all rows, each once, in any order. Called again from the start where a
            value turns up that is not whole.
    """
    if not _write(path, shape, np.dtype(np.uint8), chunks()):
        _write(path, shape, np.dtype(np.float32), chunks())


def _write(path: Path, shape: Shape, kind: np.dtype[Any], chunks: Chunks) -> bool:
    """Whether every value could be written as this kind."""
    header = {"descr": kind.str, "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        for rows, pictures in chunks:
            values = pictures.astype(kind)
            if not np.array_equal(values, pictures):
                return False
            for row, picture in zip(rows.tolist(), values, strict=True):
                file.seek(offset + row * picture.nbytes)
                file.write(picture)
    return True
