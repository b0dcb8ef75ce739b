"""A film cut at key frames into stretches of time: the unit of work.

    for segment in plan_segments(film, target_seconds=20):
        with FilmReader(film, segment.start, segment.end) as reader: ...

The borders follow from the film and the target alone, never from the number of workers. They
are found by seeking, so that planning a film of two hours reads a few hundred packets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Film
from cinemotion.video.container import open_film
from cinemotion.video.decoding import decode, packets_from_key

_MAY_RESTART = 0x0200  # AVFMT_TS_DISCONT: the format's clock may start anew
_GLANCES = 16  # places in a file at which its clock is read


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch ``[start, end)`` of a film, in ticks of its stream.

    Attributes:
        index: From 0, in the order of time.
        start: Time of the key frame that it begins with; ``None`` for the film's first frame.
        end: Time of the key frame that the next one begins with; ``None`` to the film's end.
    """

    index: int
    start: int | None
    end: int | None


def plan_segments(film: Film, target_seconds: float) -> list[Segment]:
    """Cut a film into segments of about ``target_seconds``.

    Every multiple of the target is moved to the key frame that a seek finds for it. Borders
    closer than half the target to the one before are left out. A film whose seeking cannot
    be trusted is one segment: no duration, no key frame times, times that do not increase, a
    clock that starts anew inside the file, or a border (the first, middle and last are tried)
    where decoding does not begin with the very frame.

    Args:
        film: As probed.
        target_seconds: Wished length of a segment, more than 0.

    Returns:
        At least one segment; together they cover the film without gap or overlap.

    Raises:
        BadInputError: ``target_seconds`` is not positive.
        UnreadableFilmError: The file can no longer be opened.
    """
    if target_seconds <= 0:
        raise BadInputError(f"target_seconds must be more than 0, got {target_seconds}")
    container, stream = open_film(film)
    with container:
        borders = _find_borders(film, target_seconds, container, stream)
        probes = {*borders[:1], *borders[len(borders) // 2 :][:1], *borders[-1:]}
        if not all(_begins_at(border, container, stream) for border in probes):
            borders = []
    edges = [None, *borders, None]
    return [Segment(i, edges[i], edges[i + 1]) for i in range(len(edges) - 1)]


def _find_borders(
    film: Film, target_seconds: float, container: InputContainer, stream: VideoStream
) -> list[int]:
    """Times of key frames near the multiples of the target; none if seeks contradict each other."""
    if film.duration is None or not _clock_follows_file(container, stream):
        return []
    step = max(1, round(target_seconds / film.time_base))
    first = film.start.pts
    end = first + round(film.duration / film.time_base)
    borders = [first]
    for wish in range(first + step, end, step):
        try:
            container.seek(wish, stream=stream)
            key = _first_key(container.demux(stream), limit=wish + step)
        except FFmpegError:
            return []
        if key is None:
            continue
        if key < borders[-1]:
            return []
        if key - borders[-1] >= step / 2:
            borders.append(key)
    return borders[1:]


def _clock_follows_file(container: InputContainer, stream: VideoStream) -> bool:
    """Whether times grow all the way through the file.

    Not a matter of course in transport and program streams, which may be several recordings
    joined, each with a clock of its own.
    """
    if not container.format.flags & _MAY_RESTART:
        return True
    previous: int | None = None
    for i in range(_GLANCES):
        try:
            container.seek(container.size * i // _GLANCES, unsupported_byte_offset=True)
            times = (packet.dts for packet in container.demux(stream) if packet.dts is not None)
            clock = next(times, None)
        except FFmpegError:
            return False
        if clock is not None and previous is not None and clock < previous:
            return False
        previous = clock if clock is not None else previous
    return True


def _first_key(packets: Iterator[Packet[VideoStream]], limit: int) -> int | None:
    """Time of the first key frame that is shown at all; ``None`` if none comes before ``limit``."""
    for packet in packets:
        clock = packet.pts if packet.dts is None else packet.dts
        if clock is None or clock >= limit:
            return None
        if packet.is_keyframe and not packet.is_discard and packet.pts is not None:
            return packet.pts
    return None


def _begins_at(border: int, container: InputContainer, stream: VideoStream) -> bool:
    """Whether decoding from a border's key frame brings that very frame first."""
    packets = packets_from_key(container, stream, border)
    frames = decode(packets, stream, lambda _, __: None) if packets else iter(())
    times = (frame.pts for frame in frames if frame.pts is None or frame.pts >= border)
    return next(times, None) == border
