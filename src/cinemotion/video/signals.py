"""What the shot finder needs to know of every frame, small enough to keep for a whole film.

    recorder = SignalRecorder(film.colour.full_range)
    for frame in frames:                      # in a worker, one time segment
        recorder.add(frame.pts, frame.luma(step))
    data = recorder.finish().to_bytes()       # to the main process
    signals = Signals.join([Signals.from_bytes(data), ...])

A frame becomes a thumbnail of 12 × 20 luma values, its mean and its variance: 256 bytes,
about a tenth of that once compressed. Everything is a fact of one frame alone and the
arithmetic is exact, so joining the segments of a film gives the very arrays that recording
it in one piece gives, whatever the segments are. Comparing frames is left to the shot finder,
which sees the whole film.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

LUMA_WIDTH = 240  # luma handed to the recorder should be about this wide, in samples
THUMB_ROWS, THUMB_COLUMNS = 12, 20

_TOGETHER = 256  # thumbnails in one piece of memory; many small ones would split the large ones

_MAGIC = b"CMS1"
_BLACK, _WHITE = 16, 235  # limited range, ITU-R BT.601 and BT.709


@dataclass(frozen=True, slots=True)
class Signals:
    """Facts of n consecutive frames, in order of presentation.

    Attributes:
        pts: int64 ``(n,)``, never decreasing, ticks of the stream's time base.
        thumbs: uint8 ``(n, 12, 20)``, mean luma of the cells of a grid, full range.
        mean: float32 ``(n,)``, mean luma of the frame, full range, [0, 255].
        variance: float32 ``(n,)``, variance of the luma at the recorder's resolution.
    """

    pts: NDArray[np.int64]
    thumbs: NDArray[np.uint8]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.pts)
        shapes = (self.thumbs.shape, self.mean.shape, self.variance.shape)
        if shapes != ((n, THUMB_ROWS, THUMB_COLUMNS), (n,), (n,)):
            raise ValueError(f"{n} frames need thumbs (n, 12, 20), mean, variance; got {shapes}")
        if np.any(np.diff(self.pts) < 0):
            raise ValueError("frames must come in order of presentation; the pts decrease")

    def __len__(self) -> int:
        return len(self.pts)

    @classmethod
    def empty(cls) -> Self:
        """The signals of no frame at all."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, THUMB_ROWS, THUMB_COLUMNS), np.uint8),
            np.zeros(0, np.float32),
            np.zeros(0, np.float32),
        )

    @classmethod
    def join(cls, parts: Sequence[Signals]) -> Self:
        """Put the signals of consecutive segments together.

        Args:
            parts: In order of presentation; empty ones do no harm.

        Raises:
            ValueError: The parts are not in order of presentation.
        """
        whole: list[Signals] = [cls.empty(), *parts]
        return cls(
            np.concatenate([part.pts for part in whole]),
            np.concatenate([part.thumbs for part in whole]),
            np.concatenate([part.mean for part in whole]),
            np.concatenate([part.variance for part in whole]),
        )

    def to_bytes(self) -> bytes:
        """Pack into bytes: thumbnails as differences in time, then deflate.

        Returns:
            Equal signals give equal bytes with the same build of zlib.
        """
        steps = np.diff(self.thumbs, axis=0, prepend=np.zeros_like(self.thumbs[:1]))
        body = b"".join(
            (
                np.diff(self.pts, prepend=np.int64(0)).astype("<i8").tobytes(),
                steps.tobytes(),
                self.mean.astype("<f4").tobytes(),
                self.variance.astype("<f4").tobytes(),
            )
        )
        return _MAGIC + struct.pack("<q", len(self)) + zlib.compress(body, 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Unpack what ``to_bytes`` packed.

        Raises:
            ValueError: The bytes are not packed signals, or they are damaged.
        """
        if data[:4] != _MAGIC or len(data) < 12:
            raise ValueError(f"packed signals begin with {_MAGIC!r}, got {data[:4]!r}")
        (n,) = struct.unpack("<q", data[4:12])
        try:
            body = zlib.decompress(data[12:])
        except zlib.error as exc:
            raise ValueError(f"packed signals are damaged: {exc}") from exc
        cells = THUMB_ROWS * THUMB_COLUMNS
        if len(body) != n * (16 + cells):
            raise ValueError(f"packed signals of {n} frames need other than {len(body)} bytes")
        steps = np.frombuffer(body, np.uint8, n * cells, 8 * n)
        reals = np.frombuffer(body, "<f4", 2 * n, (8 + cells) * n).astype(np.float32)
        return cls(
            np.cumsum(np.frombuffer(body, "<i8", n), dtype=np.int64),
            np.cumsum(steps.reshape(n, THUMB_ROWS, THUMB_COLUMNS), axis=0, dtype=np.uint8),
            reals[:n],
            reals[n:],
        )


class SignalRecorder:
    """Collects the signals of one run of frames.

    Args:
        full_range: Whether the luma uses 0-255; else 16-235 is spread over 0-255.
    """

    def __init__(self, full_range: bool) -> None:
        self._offset = np.float32(0 if full_range else _BLACK)
        self._gain = np.float32(1 if full_range else 255 / (_WHITE - _BLACK))
        self._size = (0, 0)
        self._rows = self._columns = np.zeros(0, np.intp)
        self._pts: list[int] = []
        self._blocks: list[NDArray[np.float32]] = []
        self._moments: list[tuple[float, float]] = []

    def add(self, pts: int, luma: NDArray[np.uint8]) -> None:
        """Note one frame; frames come in order of presentation.

        Args:
            pts: The frame's time, in ticks of the stream's time base.
            luma: uint8 ``(h, w)``, of any size from 1 × 1, which may change between frames;
                about ``LUMA_WIDTH`` samples wide is best.
        """
        if luma.shape != self._size:
            self._size = (luma.shape[0], luma.shape[1])
            self._rows = _spread(luma.shape[0], THUMB_ROWS)
            self._columns = _spread(luma.shape[1], THUMB_COLUMNS)
        grid = luma[self._rows]
        if len(self._columns) != luma.shape[1]:
            grid = np.take(grid, self._columns, axis=1)
        mean, deviation = cv2.meanStdDev(grid)
        self._pts.append(pts)
        self._moments.append((mean[0, 0], deviation[0, 0]))
        at = (len(self._pts) - 1) % _TOGETHER
        if at == 0:
            self._blocks.append(np.empty((_TOGETHER, THUMB_ROWS, THUMB_COLUMNS), np.float32))
        cv2.resize(
            grid.astype(np.float32),
            (THUMB_COLUMNS, THUMB_ROWS),
            dst=self._blocks[-1][at],
            interpolation=cv2.INTER_AREA,
        )

    def finish(self) -> Signals:
        """The signals of all frames added so far."""
        if not self._pts:
            return Signals.empty()
        cells = np.concatenate(self._blocks)[: len(self._pts)]
        thumbs = np.rint((cells - self._offset) * self._gain)
        mean, deviation = np.array(self._moments, np.float64).T
        offset, gain = float(self._offset), float(self._gain)
        return Signals(
            np.array(self._pts, np.int64),
            np.clip(thumbs, 0, 255).astype(np.uint8),
            np.clip((mean - offset) * gain, 0, 255).astype(np.float32),
            ((deviation * gain) ** 2).astype(np.float32),
        )


def _spread(length: int, cells: int) -> NDArray[np.intp]:
    """Sample positions along an axis: equally many in each cell, at least one.

    Equal cells can be summed by a reshape, which is some ten times quicker than sums over
    cells of unequal size; a few rows or columns are passed over for it.
    """
    count = cells * max(1, length // cells)
    return np.arange(count) * length // count
