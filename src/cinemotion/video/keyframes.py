"""Key frames decoded each on its own; the packets between them are passed over.

    keys = KeyFrames(stream.codec_context)
    for packet in [*packets, None]:
        keys.decode(packet)      # the pictures that come out of it, mostly none

Without the frames between them, a decoder would put key frames into a wrong order.
"""

from __future__ import annotations

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class KeyFrames:
    """Decodes the key frames among the packets of a film.

    A key frame that an edit list cuts away never comes out. What follows it is then decoded up to
    the first picture that is shown, which stands for it: a film whose only key frame lies before
    its beginning has a picture all the same.

    Args:
        decoder: The decoder; it is told to leave out what needs other pictures.
    """

    def __init__(self, decoder: VideoCodecContext) -> None:
        self._decoder = decoder
        self._substituting = False
        decoder.skip_frame = "NONKEY"

    def decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """The pictures that a packet brings; ``None`` once the packets have ended.

        Raises:
            FFmpegError: It does not decode.
        """
        if packet is not None and packet.is_keyframe and packet.size:
            return [*self._end_substitution(), *self._decode_key(packet)]
        if packet is None or not packet.size:
            return self._end_substitution()
        if not self._substituting:
            return []
        frames = self._decoder.decode(packet)
        if frames:
            self._reset()
        return frames[:1]

    def _decode_key(self, key: Packet[VideoStream]) -> list[VideoFrame]:
        if key.is_discard:
            self._substituting = True
            self._decoder.skip_frame = "DEFAULT"
            return self._decoder.decode(key)
        try:
            return [*self._decoder.decode(key), *self._decoder.decode(None)]
        finally:
            self._decoder.flush_buffers()

    def _end_substitution(self) -> list[VideoFrame]:
        """The first picture that the decoder still holds, where one is waited for."""
        if not self._substituting:
            return []
        try:
            return self._decoder.decode(None)[:1]
        finally:
            self._reset()

    def _reset(self) -> None:
        self._decoder.flush_buffers()
        self._decoder.skip_frame = "NONKEY"
        self._substituting = False
