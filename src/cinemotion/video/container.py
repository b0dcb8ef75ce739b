"""Opening film files and landing on key frames: the one place where FFmpeg's errors become ours.

    with open_container(path) as container:
        stream = pick_stream(path, container)
        packets = packets_from_key(container, stream, pts)   # or container.demux(stream)
        for packet, frame in decode(packets, stream, report):
            ...

Everything that reads a film goes through these four functions. A new kind of file that FFmpeg
opens although it is no film belongs into ``_NOT_FILMS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import av
from av.container import InputContainer
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from cinemotion.core.errors import UnreadableFilmError
from cinemotion.core.types import Film

# Told about everything that cannot be used: its time in ticks, or None, and a line about it.
Report = Callable[[int | None, str], object]

# Demuxers that open stills, text or lists of other files.
_NOT_FILMS = re.compile(r"image2.*|.*_pipe|tty|ffmetadata|concat|hls|dash|sdp|srt|ass|webvtt")
_REORDERING = {"h264", "hevc"}
_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails
# How far before the wished time a seek is tried again when it landed after it.
_STEPS_BACK = (0, 1, 2, 4, 8, 16, 32, 64)


def open_container(path: Path) -> InputContainer:
    """Open a film file; only ever this one local file, whatever it refers to.

    The name is made absolute and marked as a file, so that no part of it (a dash in front,
    a colon, ``%d``) can be taken for an option, a protocol or a pattern.

    Raises:
        UnreadableFilmError: It is missing, a folder, not readable or not a film.
    """
    try:
        container = av.open(
            f"file:{path.absolute()}",
            container_options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise UnreadableFilmError(f"{path}: {_reason(path, error)}") from error
    if _NOT_FILMS.fullmatch(container.format.name):
        kind = container.format.name
        container.close()
        raise UnreadableFilmError(
            f"{path}: this is a still picture, text or list ({kind}), not a film; "
            "give a video file such as MP4, MKV, MOV, WebM or AVI"
        )
    return container


def _reason(path: Path, error: Exception) -> str:
    if path.is_dir():
        return "this is a folder; expected a film file"
    if not path.exists():
        return "there is no such file; check the path"
    if isinstance(error, PermissionError):
        return "no permission to read this file; change its permissions"
    if path.is_file() and path.stat().st_size == 0:
        return "the file is empty (0 bytes); expected a film, copy it again"
    text = getattr(error, "strerror", None) or str(error)
    return (
        f"cannot be opened as a film ({text}); expected a complete video file such as "
        "MP4, MKV, MOV, WebM or AVI"
    )


def pick_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first real video stream: no cover picture, no thumbnails, and a size.

    Raises:
        UnreadableFilmError: There is none, or this FFmpeg has no decoder for it.
    """
    real = [s for s in container.streams.video if not s.disposition & _NO_PICTURES]
    if not real:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        raise UnreadableFilmError(f"{path}: no video stream in it, only {kinds}; expected a film")
    decodable = [s for s in real if s.codec_context is not None]
    if not decodable:
        raise UnreadableFilmError(
            f"{path}: no decoder for its video codec; convert it, to H.264 for instance"
        )
    sized = [s for s in decodable if s.codec_context.width and s.codec_context.height]
    if not sized:
        raise UnreadableFilmError(f"{path}: its video stream has no picture size; it is damaged")
    return sized[0]


def open_film(film: Film, threads: int = 1) -> tuple[InputContainer, VideoStream]:
    """Open a probed film again, with a fresh decoder and every other stream left in the file.

    Args:
        film: As probed.
        threads: Of the decoder; with 1 it runs on the calling thread.

    Raises:
        UnreadableFilmError: It is gone, or it is no longer the file that was probed.
    """
    container = open_container(film.path)
    stream = container.streams[film.stream] if film.stream < len(container.streams) else None
    if not isinstance(stream, VideoStream):
        container.close()
        raise UnreadableFilmError(
            f"{film.path}: stream {film.stream} is no longer a video stream; "
            "the file has changed since it was probed, run again"
        )
    set_up(container, stream, threads)
    return container, stream


def set_up(container: InputContainer, stream: VideoStream, threads: int = 1) -> None:
    """Read one stream alone, and decode it with this many threads."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    stream.codec_context.thread_count = threads
    stream.codec_context.thread_type = "NONE" if threads == 1 else "AUTO"


def packets_from_key(
    container: InputContainer, stream: VideoStream, pts: int
) -> Iterator[Packet[VideoStream]] | None:
    """Packets from the last key frame that is shown at or before ``pts``.

    A seek may land later (MP4 seeks by decoding time, MPEG-TS by a guess at a byte), so it
    is repeated from further back, and packets before the last fitting key are dropped.

    Returns:
        The packets, the key frame's first, or ``None`` where no seek reached one.
    """
    assert stream.time_base is not None
    for seconds in _STEPS_BACK:
        try:
            container.seek(pts - int(seconds / stream.time_base), stream=stream)
        except FFmpegError:
            return None
        packets = container.demux(stream)
        kept = _up_to(packets, pts)
        if kept:
            return chain(kept, packets)
    return None


def _up_to(packets: Iterator[Packet[VideoStream]], pts: int) -> list[Packet[VideoStream]]:
    """The packets from the last key frame at or before ``pts`` up to where that is certain."""
    kept: list[Packet[VideoStream]] = []
    try:
        for packet in packets:
            if packet.is_keyframe and packet.pts is not None and packet.pts <= pts:
                kept = [packet]
            elif kept:
                kept.append(packet)
            clock = packet.pts if packet.dts is None else packet.dts
            if packet.pts == pts or clock is None or clock > pts:
                break
    except FFmpegError:
        return []
    return kept


def decode(
    packets: Iterator[Packet[VideoStream]], stream: VideoStream, report: Report
) -> Iterator[VideoFrame]:
    """Decode packets in presentation order and go on after damage.

    After a packet that does not decode, or a frame that FFmpeg marks as corrupt, the frames
    up to the next picture that needs no other are kept back: FFmpeg would hand them out
    unmarked, smeared with what is missing.

    AVI stores no presentation times, and what FFmpeg makes up for H.264 and HEVC there goes
    back and forth. Such frames get the decoding time at which they come out, which is even
    and late by a few frames; ``None`` once the packets have ended.

    Args:
        packets: As they come from the demuxer; an error there ends the stream.
        stream: Whose decoder is used.
        report: Called for every packet and every frame that is left out.
    """
    untimed = stream.container.format.name == "avi" and stream.codec_context.name in _REORDERING
    damage: int | None = None  # time of the last damaged packet or frame
    damaged = False
    for packet in chain(_until_error(packets, report), [None]):
        try:
            frames = stream.decode(packet)
        except EndOfStream:
            continue  # a second flush of a decoder that is already empty
        except FFmpegError as error:
            damaged, damage = True, packet.pts if packet else None
            report(damage, f"packet not decoded: {error.strerror}")
            continue
        for frame in frames:
            if untimed:
                frame.pts = frame.dts
            if frame.is_corrupt:
                damaged, damage = True, frame.pts
                report(frame.pts, "frame decoded with errors")
            elif frame.key_frame or frame.pict_type == PictureType.I:
                # It may have been decoded before the damage and only come out after it.
                damaged = damaged and not _is_later(frame.pts, damage)
                yield frame
            elif damaged:
                report(frame.pts, "frame rests on damaged ones")
            else:
                yield frame


def _is_later(pts: int | None, damage: int | None) -> bool:
    return pts is None or damage is None or pts > damage


def _until_error(
    packets: Iterator[Packet[VideoStream]], report: Report
) -> Iterator[Packet[VideoStream]]:
    try:
        yield from packets
    except FFmpegError as error:
        report(None, f"file not readable from here on: {error.strerror}")
