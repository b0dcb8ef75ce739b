"""Whether a packet is whole, told without decoding it.

    check = PacketCheck(stream.codec_context)
    check.is_whole(packet)

H.264 and HEVC in MP4, MOV and Matroska are stored as units with the length in front (ISO/IEC
14496-15). Where a length does not fit into its packet, decoders refuse the packet; so do we, by
FFmpeg's rule (``get_nalsize`` in ``h2645_parse.c``). Of other streams only the demuxer's mark
tells.
"""

from __future__ import annotations

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

# Where the stream's description says how many bytes a length has.
_PLACES = {"h264": 4, "hevc": 21}


class PacketCheck:
    """Checks the packets of one stream.

    Args:
        context: The stream's codec context.
    """

    def __init__(self, context: VideoCodecContext) -> None:
        place = _PLACES.get(context.codec.canonical_name)
        description = context.extradata or b""
        # A description that begins with zeros is of a stream with start codes in place of lengths.
        prefixed = place is not None and len(description) > place and description[0] == 1
        self._bytes = (description[place] & 3) + 1 if prefixed and place is not None else 0

    def is_whole(self, packet: Packet[VideoStream]) -> bool:
        """Whether nothing tells that the packet is cut short or damaged."""
        if packet.is_corrupt:
            return False
        if self._bytes:
            data, at = memoryview(packet), 0
            while packet.size - at >= 4:  # decoders ignore a shorter rest
                length = int.from_bytes(data[at : at + self._bytes], "big")
                at += self._bytes + length
                if length == 0 or at > packet.size:
                    return False
        return True
