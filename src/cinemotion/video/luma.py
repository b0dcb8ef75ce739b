"""Brightness straight from the decoded Y plane, without any colour conversion.

    thumb = luma_plane(frame, step=8)      # uint8, every 8th pixel of every 8th row

Shot detection looks at every frame of a film, and converting a 1080p frame to RGB costs as
much as a tenth of decoding it; a strided view of what the decoder left costs microseconds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

# Formats whose 10 or 12 bits stand in the high end of each 16-bit word.
_HIGH_BITS = re.compile(r"p[024]1[02](le|be)|.*msb(le|be)")


@lru_cache(maxsize=64)
def luma_layout(pixel_format: str) -> tuple[str, int] | None:
    """How the Y plane of a pixel format is stored.

    Args:
        pixel_format: FFmpeg's name.

    Returns:
        NumPy's name of the type and the right shift that makes 8 bits of it, or ``None``
        where no plane holds brightness alone (RGB, palettes, packed YUV, bit maps, floats).
    """
    form = VideoFormat(pixel_format)
    parts = form.components
    alone = parts and parts[0].is_luma and all(part.plane != parts[0].plane for part in parts[1:])
    if not alone or form.has_palette or form.is_bit_stream or parts[0].bits > 16:
        return None
    if parts[0].bits <= 8:
        return "u1", 0
    order = ">" if form.is_big_endian else "<"
    return f"{order}u2", 8 if _HIGH_BITS.fullmatch(pixel_format) else parts[0].bits - 8


def luma_plane(frame: VideoFrame, step: int) -> NDArray[np.uint8]:
    """Every ``step``-th pixel of every ``step``-th row, as stored.

    Args:
        frame: A decoded frame of any format.
        step: Distance of the samples in stored pixels, at least 1.

    Returns:
        uint8 ``(ceil(height / step), ceil(width / step))`` in the stored orientation, aspect
        and range. A view of the frame's memory for 8-bit formats. Formats without a Y plane
        are converted to full-range grey first.
    """
    layout = luma_layout(frame.format.name)
    if layout is None:
        frame = VideoReformatter().reformat(
            frame, format="gray", dst_color_range=ColorRange.JPEG, threads=1
        )
        layout = "u1", 0
    kind, shift = layout
    samples = plane_rows(frame, kind)[::step, ::step]
    return (samples >> shift).astype(np.uint8) if shift else samples


def plane_rows(frame: VideoFrame, kind: str, per_pixel: int = 1) -> NDArray[Any]:
    """The first plane of a frame without the padding of its rows, top row first.

    Args:
        frame: A decoded frame.
        kind: NumPy's name of one sample's type.
        per_pixel: How many samples this plane holds for a pixel.

    Returns:
        ``(height, width * per_pixel)`` of that type: a view, which keeps the frame's memory alive.
    """
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    if plane.line_size < 0:  # stored bottom-up
        rows = rows[::-1]
    return rows[:, : plane.width * per_pixel]
