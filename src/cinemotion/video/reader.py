"""A film's frames in order of presentation, with exact times; all of them or one segment.

    with FilmReader(film, start, end) as reader:
        for frame in reader:
            frame.time.seconds, frame.luma(8)
    print(reader.errors, reader.first_error)

Reading ``[a, b)`` and ``[b, c)`` gives the frames of ``[a, c)``, the same times, ends and
pixels, when the borders are key frames' times (see ``segments``). How:

* the start is approached from the last key frame at or before it, and frames before it are
  dropped. Where the wished frame does not come out first, as after a key frame that needs
  older pictures (intra refresh, damage), reading starts again from further back;
* at the end, packets are fed until a frame at or after it has come out, so pictures stored
  after the next key frame but shown before it (open groups of pictures) are included.

Times come out strictly increasing. A frame without a time gets its decoding time, or the end
of the one before. A frame whose time does not increase is dropped and counted as an error;
where two of them show that the file's clock was set back by more than a second, as in joined
recordings, the times go on from where they were.

Packets that do not decode, frames that FFmpeg marks corrupt, and frames after either, up to
the next picture that needs no other, are left out and counted. So is an end that comes well
before the stated one. Where key frames alone are decoded, the packets between them are read all
the same: they tell when the film ends, and some of the damage. FFmpeg applies edit lists; frames
that they cut away do not come out.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cinemotion.core.types import Film, Timestamp
from cinemotion.video.clock import Clock, length_of
from cinemotion.video.colour import Converter
from cinemotion.video.container import open_film
from cinemotion.video.decoding import decode, packets_from_key
from cinemotion.video.frame import DecodedFrame
from cinemotion.video.packets import PacketCheck

__all__ = ["DecodedFrame", "FilmReader"]

_LEAD_INS = (0, 10, 60)  # seconds before the start, tried in turn
# A film may be shorter than its header says, as sound often goes on for longer.
_SLACK, _SLACK_SHARE = 2.0, 0.01  # seconds, and a part of the stated duration


class FilmReader:
    """Iterates over the decoded frames of a film or of a segment of it.

    Args:
        film: As probed.
        start: First time to come out, in ticks of the stream; ``None`` for the film's start.
        end: First time not to come out; ``None`` to read to the end.
        key_frames_only: Decode key frames alone; ``end`` of a frame is the next key frame.
        threads: Of the decoder; with 1 it runs on the calling thread.
        deblock_all: Run the decoder's deblocking filter on every frame; else only on those
            that others are predicted from, a tenth less work.

    Attributes:
        errors: How many packets and frames inside ``[start, end)`` could not be used, or 1
            where the film just ends too early; complete once the iteration has ended.
        first_error: What the first of them was.

    Raises:
        UnreadableFilmError: While iterating, if the file can no longer be opened.
    """

    def __init__(
        self,
        film: Film,
        start: int | None = None,
        end: int | None = None,
        *,
        key_frames_only: bool = False,
        threads: int = 1,
        deblock_all: bool = True,
    ) -> None:
        self.film = film
        self.start = start
        self.end = end
        self.key_frames_only = key_frames_only
        self.threads = threads
        self.deblock_all = deblock_all
        self.errors = 0
        self.first_error: str | None = None
        self._last: tuple[int, Packet[VideoStream]] | None = None  # and its time
        self._container: InputContainer | None = None

    def __enter__(self) -> FilmReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __iter__(self) -> Iterator[DecodedFrame]:
        converter, base = Converter(self.film), self.film.time_base
        held: VideoFrame | None = None
        time, gap = Timestamp(0, base), 0
        for pts, frame in self._frames():
            now = Timestamp(pts, base)
            if held is not None:
                yield DecodedFrame(held, time, now, converter)
                gap = pts - time.pts
            if self.end is not None and pts >= self.end:
                self._close()
                return
            held, time = frame, now
        self._close()
        if held is not None:
            last = Timestamp(time.pts + length_of(held, self.film, gap), base)
            self._report_shortfall(max(last.pts, self.last_end or last.pts))
            yield DecodedFrame(held, time, last, converter)

    @property
    def last_end(self) -> int | None:
        """When the last picture leaves the screen whose packet was read, in ticks.

        ``None`` before any was; kept where key frames alone are decoded, which do not tell.
        """
        if self._last is None:
            return None
        time, packet = self._last
        return time + length_of(packet, self.film, 0)

    def _frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Frames from the start on, by way of the first lead-in that brings the first of them."""
        for lead_in in _LEAD_INS:
            frames = self._increasing(lead_in)
            first = next(frames, None)
            arrived = self.start is None or (first is not None and first[0] == self.start)
            if arrived or lead_in == _LEAD_INS[-1]:
                if first is not None:
                    yield first
                    yield from frames
                return

    def _increasing(self, lead_in: int) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames at or after the start with their times, strictly increasing."""
        self.errors, self.first_error, self._last = 0, None, None
        stream, packets = self._packets(lead_in)
        clock = Clock(self.film)
        for frame in decode(packets, stream, self._report, keys_only=self.key_frames_only):
            pts = clock.time_of(frame)
            if pts is None:
                self._report(frame.pts, "frame's time does not increase")
            elif self.start is None or pts >= self.start:
                yield pts, frame

    def _packets(self, lead_in: int) -> tuple[VideoStream, Iterator[Packet[VideoStream]]]:
        """A fresh decoder, and the packets to feed it from ``lead_in`` seconds before the start."""
        container, stream = self._open()
        packets = None
        if self.start is not None:
            target = self.start - int(lead_in / self.film.time_base)
            if target > self.film.start.pts:
                packets = packets_from_key(container, stream, target)
            if packets is None:  # a failed seek has moved the file's position
                container, stream = self._open()
        packets = container.demux(stream) if packets is None else packets
        if self.key_frames_only:
            packets = self._noted(packets, PacketCheck(stream.codec_context))
        return stream, packets

    def _noted(
        self, packets: Iterator[Packet[VideoStream]], check: PacketCheck
    ) -> Iterator[Packet[VideoStream]]:
        """The packets; those that are not decoded tell all the same of damage, and of the end."""
        for packet in packets:
            time = packet.dts if packet.pts is None else packet.pts
            shown = packet.size and not packet.is_discard
            if time is not None and shown and (self._last is None or time > self._last[0]):
                self._last = time, packet
            if not packet.is_keyframe and not check.is_whole(packet):
                self._report(time, "packet is damaged or cut short")
            yield packet

    def _open(self) -> tuple[InputContainer, VideoStream]:
        self._close()
        container, stream = open_film(self.film, self.threads, deblock_all=self.deblock_all)
        self._container = container
        return container, stream

    def _close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _report_shortfall(self, last: int) -> None:
        """Some containers (Matroska) are cut short without any other sign of it."""
        if self.errors or self.film.duration is None or self.end is not None:
            return
        missing = self.film.start.seconds + self.film.duration - float(last * self.film.time_base)
        if missing > _SLACK + _SLACK_SHARE * self.film.duration:
            self._report(last, f"the film ends {missing:.1f} s before its stated end")

    def _report(self, pts: int | None, line: str) -> None:
        """Count a problem, unless it belongs to the lead-in or to the next segment."""
        before = pts is not None and self.start is not None and pts < self.start
        after = pts is not None and self.end is not None and pts >= self.end
        if before or after:
            return
        self.errors += 1
        if self.first_error is None:
            when = "" if pts is None else f"at {float(pts * self.film.time_base):.3f} s: "
            self.first_error = when + line
