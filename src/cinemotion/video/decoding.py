"""From packets to sound frames: landing on key frames, and going on after damage.

    packets = packets_from_key(container, stream, pts)     # or container.demux(stream)
    for frame in decode(packets, stream, report):
        ...

The probe, the reader and the planner of segments all decode through these two functions, so
that they agree on which frames a film has and when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from av.codec import Codec, CodecContext
from av.codec.codec import UnknownCodecError
from av.container import InputContainer
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from cinemotion.video.keyframes import KeyFrames

# Told about everything that cannot be used: its time in ticks, or None, and a line about it.
Report = Callable[[int | None, str], object]

# How far before the wished time a seek is tried again when it landed after it.
_STEPS_BACK = (0, 1, 2, 4, 8, 16, 32, 64)
_REORDERING = {"h264", "hevc"}
# FFmpeg's own decoders of these leave the alpha plane out, which is a stream inside the stream.
_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


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
    packets: Iterator[Packet[VideoStream]],
    stream: VideoStream,
    report: Report,
    *,
    keys_only: bool = False,
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
        keys_only: Decode key frames alone, each on its own (see ``keyframes``).
    """
    untimed = stream.container.format.name == "avi" and stream.codec_context.name in _REORDERING
    decoder = _decoder(stream)
    decoded = KeyFrames(decoder).decode if keys_only else decoder.decode
    damage: int | None = None  # time of the last damaged packet or frame
    damaged = False
    for packet in chain(_until_error(packets, report), [None]):
        try:
            frames = decoded(packet)
        except EndOfStream:
            continue  # a second flush of a decoder that is already empty
        except FFmpegError as error:
            damaged, damage = True, packet.pts if packet else None
            report(damage, f"packet not decoded: {error.strerror}")
            continue
        for frame in frames:
            if untimed:
                frame.pts = frame.dts
            if decoder.name == _ALPHA["vp8"]:  # which does not say what VP8 always is
                frame.colorspace = Colorspace.ITU601
            if frame.is_corrupt:
                damaged, damage = True, frame.pts
                report(frame.pts, "frame decoded with errors")
            elif _needs_no_other(frame, packet, decoder):
                # It may have been decoded before the damage and only come out after it.
                damaged = damaged and not _is_later(frame.pts, damage)
                yield frame
            elif damaged:
                report(frame.pts, "frame rests on damaged ones")
            else:
                yield frame


def _decoder(stream: VideoStream) -> VideoCodecContext:
    """The stream's decoder, or one that reads alpha too, where FFmpeg was built with it."""
    own = stream.codec_context
    name = _ALPHA.get(own.codec.canonical_name)
    marks = {key.lower(): value for key, value in stream.metadata.items()}  # remuxing shouts
    if name is None or marks.get("alpha_mode") != "1":
        return own
    try:
        decoder = CodecContext.create(Codec(name, "r"))
    except UnknownCodecError:
        return own
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = own.extradata
    decoder.thread_count = own.thread_count
    decoder.color_primaries, decoder.color_trc = own.color_primaries, own.color_trc
    return decoder


def _needs_no_other(
    frame: VideoFrame, packet: Packet[VideoStream] | None, decoder: VideoCodecContext
) -> bool:
    if decoder.name in _ALPHA.values():  # which do not mark their frames, and hold none back
        return packet is not None and packet.is_keyframe
    return frame.key_frame or frame.pict_type == PictureType.I


def _is_later(pts: int | None, damage: int | None) -> bool:
    return pts is None or damage is None or pts > damage


def _until_error(
    packets: Iterator[Packet[VideoStream]], report: Report
) -> Iterator[Packet[VideoStream]]:
    try:
        yield from packets
    except FFmpegError as error:
        report(None, f"file not readable from here on: {error.strerror}")
