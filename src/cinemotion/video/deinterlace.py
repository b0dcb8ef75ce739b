"""One picture out of an interlaced frame, from that frame alone.

    if frame.interlaced_frame:
        frame = deinterlace(frame)

An interlaced frame holds two moments, one on the even and one on the odd lines; what moves
looks like a comb. FFmpeg's ``estdif`` keeps the lines of the first field and fills in the
others along edges. It looks at no other frame, so a picture does not depend on where a
segment begins. Method: edge slope tracing, Y. Xu, "An edge slope tracing algorithm for
deinterlacing" as implemented in libavfilter.
"""

from __future__ import annotations

from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame


def deinterlace(frame: VideoFrame) -> VideoFrame:
    """The first field of an interlaced frame, filled up to full height.

    The field order is the one that the frame states. The graph is built anew for every
    frame, as the filter would otherwise hand out the previous one; that costs well under a
    millisecond.
    """
    graph = Graph()
    graph.threads = 1
    source = graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=str(frame.time_base or Fraction(1, 1000)),
        pixel_aspect="1/1",
        colorspace=str(frame.colorspace),
        range=str(frame.color_range),
    )
    graph.link_nodes(
        source, graph.add("estdif", mode="frame", parity="auto"), graph.add("buffersink")
    ).configure()
    graph.push(frame)
    graph.push(None)
    return graph.vpull()
