"""Which frames are looked at: the sampling grid, and the gate for pictures that stand still.

    sampler = Sampler(film.start, every=Fraction("0.5"))
    sampler.wants(frame.time.pts, frame.end.pts)      # is it on screen at a grid time?

Both decide from the frame itself and what lies between two *reset points* of the film, never
from where a segment happens to begin, so that the same frames are chosen however the film
is cut into segments.
"""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Timestamp

# Mean absolute difference, in levels of 255, of a 4×4 block of luma samples. Recompressed
# still pictures stay below it; a mouth that moves in a face of 40 px does not.
STILL_LEVELS = 1.5
# Mean absolute difference between successive frames that no continuous shot shows.
_JUMP_LEVELS = 12.0


class Sampler:
    """Chooses the frames on screen at the grid times ``start + k · every``, k = 0, 1, 2 and so on.

    Args:
        start: Time of the film's first picture.
        every: Seconds between grid times.
        targets: Choose exactly these presentation times (pts) instead of a grid.
    """

    def __init__(
        self, start: Timestamp, every: Fraction, targets: tuple[int, ...] | None = None
    ) -> None:
        self._start = start.pts
        # Grid times per tick, as integers: the test below is exact and costs no Fraction.
        ratio = start.time_base / every
        self._num, self._den = ratio.numerator, ratio.denominator
        self._targets = None if targets is None else frozenset(targets)

    def wants(self, pts: int, end_pts: int) -> bool:
        """Whether a frame shown during ``[pts, end_pts)`` is to be looked at."""
        if self._targets is not None:
            return pts in self._targets
        first = -(-(pts - self._start) * self._num // self._den)  # first grid time ≥ pts
        return first * self._den < (end_pts - self._start) * self._num


class StillnessGate:
    """Says whether a picture equals the one that was looked at last.

    Args:
        enabled: ``False`` makes every picture count as changed.
        resets: Presentation times (pts) at which the memory is cleared.
    """

    def __init__(self, *, enabled: bool, resets: frozenset[int]) -> None:
        self._enabled = enabled
        self._resets = resets
        self._coarse: NDArray[np.uint8] | None = None
        self._reference: NDArray[np.uint8] | None = None
        self.reference_pts: int | None = None

    def follow(self, pts: int, luma: NDArray[np.uint8]) -> None:
        """Take note of every decoded frame, looked at or not.

        Args:
            pts: Its time.
            luma: uint8 ``(h, w)``, subsampled luma.
        """
        if not self._enabled:
            return
        coarse = np.ascontiguousarray(luma[::4, ::4])
        # A stream may change its size half way; nothing can be compared across that.
        jumped = self._coarse is not None and (
            coarse.shape != self._coarse.shape
            or float(cv2.mean(cv2.absdiff(coarse, self._coarse))[0]) > _JUMP_LEVELS
        )
        if jumped or pts in self._resets:
            self._reference = self.reference_pts = None
        self._coarse = coarse

    def is_still(self, luma: NDArray[np.uint8]) -> bool:
        """Whether this picture equals the reference, block by block."""
        if self._reference is None:
            return False
        change = cv2.absdiff(np.ascontiguousarray(luma), self._reference)
        blocks = cv2.resize(
            change, (-(-luma.shape[1] // 4), -(-luma.shape[0] // 4)), interpolation=cv2.INTER_AREA
        )
        return int(blocks.max()) < STILL_LEVELS

    def refer(self, pts: int, luma: NDArray[np.uint8]) -> None:
        """Make this picture, which is looked at, the reference."""
        if self._enabled:
            self._reference, self.reference_pts = np.ascontiguousarray(luma), pts
