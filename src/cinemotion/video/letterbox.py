"""The picture inside black bars: letterbox, pillarbox or both.

    x0, y0, x1, y1 = content_box(image)
    content = image[y0:y1, x0:x1]

Decided for every frame on its own, so that it does not matter where a segment begins. Bars
are cut off only on clear evidence and in pairs of equal width; where a frame is too dark to
tell, it stays whole, which costs a detector a little time and no face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Image

_DARKEST_BARS = 24  # level up to which an outermost line can be a bar: limited-range black is 16
_NOISE = 8  # levels above its own black that compression leaves in a bar
_STRAY = 0.01  # part of a bar's line that may be brighter: ringing at the picture's edge
_BAND = 0.02  # depth, as a part of the side, in which a picture must begin behind a bar
_EVIDENCE = 0.5  # part of the picture's edge that must be brighter than the bar in that band
_SMALLEST = 0.3  # of either side that a picture fills at least
_UNEQUAL = 0.02  # of the side by which the two bars of a pair may differ


def content_box(image: Image) -> tuple[int, int, int, int]:
    """Find the picture without the black bars around it.

    A bar is a run of uniformly black lines along a side of the frame behind which the picture
    begins on a straight front: at least half of its edge is brighter than the bar. Neither a
    bright spot in a night scene, which has no such front, nor a dark side of a room, which has
    no counterpart, is therefore taken for bars.

    Args:
        image: uint8 ``(H, W, 3)``; noise in the bars does not matter.

    Returns:
        ``(x0, y0, x1, y1)`` in pixels, half-open; the whole frame where there are no bars.
    """
    height, width = image.shape[:2]
    whole = (0, 0, width, height)
    outermost = (image[0], image[-1], image[:, 0], image[:, -1])
    black = min(float(np.median(line.max(axis=-1))) for line in outermost)
    if black > _DARKEST_BARS:
        return whole
    level = np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])
    bright = level > black + _NOISE
    x0, x1 = _extent(bright, axis=0)
    y0, y1 = _extent(bright, axis=1)
    if x1 - x0 < _SMALLEST * width or y1 - y0 < _SMALLEST * height:
        return whole
    inside = bright[y0:y1, x0:x1]
    if not _are_bars(x0, width - x1, inside):
        x0, x1 = 0, width
    if not _are_bars(y0, height - y1, inside.T):
        y0, y1 = 0, height
    return x0, y0, x1, y1


def _extent(bright: NDArray[np.bool_], axis: int) -> tuple[int, int]:
    """First and one past the last column (``axis`` 0) or row (1) that is no black line."""
    counts = np.count_nonzero(bright, axis=axis)
    lines = np.flatnonzero(counts > _STRAY * bright.shape[axis])
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, 0)


def _are_bars(before: int, after: int, inside: NDArray[np.bool_]) -> bool:
    """Whether black columns on the left and right of the bright area are a pair of bars."""
    side = before + inside.shape[1] + after
    if abs(before - after) > max(2, _UNEQUAL * side):
        return False
    depth = max(2, round(_BAND * side))
    ends = inside[:, :depth], inside[:, -depth:]
    return all(np.count_nonzero(end.any(axis=1)) >= _EVIDENCE * len(inside) for end in ends)
