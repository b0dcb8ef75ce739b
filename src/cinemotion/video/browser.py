"""Whether any browser plays a film as it is, at the times that we tell of it.

    plays_anywhere(probe(Path("film.mp4")))

What browsers make of delayed starts, of edit lists with more than a beginning, of 4:2:2 and of
HEVC differs; such a film needs a copy.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from av.error import FFmpegError

from cinemotion.core.types import Film
from cinemotion.video.container import open_film, pick_stream

_KINDS = {
    ".mp4": ({"h264"}, {"aac", "mp3"}),
    ".m4v": ({"h264"}, {"aac", "mp3"}),
    ".webm": ({"vp8", "vp9"}, {"opus", "vorbis"}),
}
"""Of each kind of file the codecs of pictures and of sound."""

_NEAR = Fraction(1, 10)  # seconds: sound that begins no further before or after the pictures


def plays_anywhere(film: Film) -> bool:
    """Look at its header, and at when its packets are due; nothing is decoded.

    Raises:
        UnreadableFilmError: It cannot be opened any more.
    """
    kinds = _KINDS.get(film.path.suffix.lower())
    plain = (
        film.start.pts == 0
        and film.pixel_format == "yuv420p"
        and film.rotation == 0
        and film.sample_aspect == 1
        and film.colour.transfer == "sdr"
        and not film.interlaced
    )
    if kinds is None or not plain or film.codec not in kinds[0]:
        return False
    container, stream = open_film(film)
    with container:
        sounds = container.streams.audio
        if any(sound.codec_context.name not in kinds[1] for sound in sounds):
            return False
        starts = [Fraction(sound.start_time or 0) * (sound.time_base or 0) for sound in sounds]
        if any(abs(start) > _NEAR for start in starts):
            return False
        try:
            packets = [packet for packet in container.demux(stream) if packet.size]
        except FFmpegError:
            return False
        if any(packet.is_discard or packet.pts is None for packet in packets):
            return False
        times = sorted(int(packet.pts or 0) for packet in packets)
    return film.path.suffix.lower() == ".webm" or times == _unedited(film)


def _unedited(film: Film) -> list[int]:
    """The times of a film's packets as if it had no edit list, from 0 on."""
    options = {"ignore_editlist": "1", "protocol_whitelist": "file"}
    with av.open(f"file:{film.path.absolute()}", container_options=options) as container:
        stream: Any = pick_stream(film.path, container)
        times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
    first = min(times, default=0)
    return sorted(time - first for time in times)
