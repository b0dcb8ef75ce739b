"""One picture out of an interlaced frame, from that frame alone.

    if frame.interlaced_frame:
        frame = one_field(frame)       # half as high; scale it to the height you want

An interlaced frame holds two moments, one on the even and one on the odd lines; what moves
looks like a comb. Taking one field leaves one moment. The scaler, which runs anyway, makes its
full height again, so this costs a tenth of a millisecond; FFmpeg's edge-tracing ``estdif``
costs over a hundred for a frame of 1080 lines. No other frame is looked at, so a picture does
not depend on where a segment begins.
"""

from __future__ import annotations

from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame


def one_field(frame: VideoFrame) -> VideoFrame:
    """The top field (lines 0, 2, 4, …) of a frame, as a view of its memory.

    It is the earlier or the later one, depending on the field order; half a frame's time
    between the two does not matter to a still picture.
    """
    graph = Graph()
    graph.threads = 1
    source = graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=str(frame.time_base or Fraction(1, 1000)),
        colorspace=str(frame.colorspace),
        range=str(frame.color_range),
    )
    graph.link_nodes(source, graph.add("field", "type=top"), graph.add("buffersink")).configure()
    graph.push(frame)
    return graph.vpull()
