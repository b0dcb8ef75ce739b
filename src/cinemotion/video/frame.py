"""A decoded frame as the reader hands it out: cheap to carry, converted only on demand.

frame.time, frame.end, frame.key
frame.luma(8)              # for every frame: microseconds
frame.rgb(long_side=512)   # for sampled frames: milliseconds
"""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from cinemotion.core.types import Image, Timestamp
from cinemotion.video.colour import Converter
from cinemotion.video.luma import luma_layout, luma_plane


class DecodedFrame:
    """One frame of a film.

    Attributes:
        time: When it appears.
        end: When the next frame of the film appears, be it in this segment or not; for the
            film's last frame, when it disappears.
        key: Whether it was coded without reference to others.
    """

    __slots__ = ("_converter", "_frame", "end", "key", "time")

    def __init__(
        self, frame: VideoFrame, time: Timestamp, end: Timestamp, converter: Converter
    ) -> None:
        self._frame = frame
        self._converter = converter
        self.time = time
        self.end = end
        self.key = frame.key_frame

    def luma(self, step: int) -> NDArray[np.uint8]:
        """Every ``step``-th pixel of every ``step``-th row of the Y plane, as stored.

        Returns:
            uint8 ``(ceil(height / step), ceil(width / step))``: stored orientation, aspect
            and range; a view of the frame's memory where the film has 8 bits.
        """
        return luma_plane(self._frame, step)

    @property
    def luma_is_full_range(self) -> bool:
        """Whether :meth:`luma` counts 0-255 rather than 16-235."""
        no_plane = luma_layout(self._frame.format.name) is None
        return no_plane or self._converter.film.colour.full_range

    def rgb(self, long_side: int | None = None) -> Image:
        """The picture, upright, with square pixels; converted anew at every call.

        Args:
            long_side: Scale down, averaging, to this many pixels on the longer side.

        Returns:
            uint8 ``(H, W, 3)``, RGB; the film's size where ``long_side`` is ``None``.
        """
        return self._converter.rgb(self._frame, long_side)
