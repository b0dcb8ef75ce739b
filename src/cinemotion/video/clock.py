"""Strictly increasing times for the frames of one reading.

clock = Clock(film)
pts = clock.time_of(frame)     # None: drop this frame
"""

from __future__ import annotations

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cinemotion.core.types import Film


class Clock:
    """Gives the frames of one reading strictly increasing times."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._previous: int | None = None
        self._following = film.start.pts  # where a frame without any time is put
        self._shift = 0  # of a clock that was set back
        self._fallen: int | None = None  # time of a frame that fell behind, if that was the last

    def time_of(self, frame: VideoFrame) -> int | None:
        """The time of the next frame in ticks, or ``None`` where it must be dropped."""
        stated = frame.pts if frame.pts is not None else frame.dts
        pts = self._following if stated is None else stated + self._shift
        if self._previous is not None and pts <= self._previous:
            back = (self._previous - pts) * self._film.time_base
            if stated is None or self._fallen is None or stated <= self._fallen or back < 1:
                self._fallen = stated
                return None
            self._shift, pts = self._following - stated, self._following
        gap = pts - self._previous if self._previous is not None else 0
        self._previous, self._fallen = pts, None
        self._following = pts + length_of(frame, self._film, gap)
        return pts


def length_of(frame: VideoFrame | Packet[VideoStream], film: Film, gap: int) -> int:
    """How long a frame, or that of a packet, is shown that none follows, in ticks, at least 1.

    What the file says, else the nominal rate, else the gap before it: in this order, so
    that it does not depend on where a segment begins unless there is no other way.
    """
    if frame.duration and frame.duration > 0:
        return frame.duration
    if film.rate:
        return max(1, round(1 / film.rate / film.time_base))
    return max(1, gap)
