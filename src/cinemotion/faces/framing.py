"""How much of a head a picture of a face shows, and how to get from one such framing to another.

    picture = cut_face(image, faces.landmarks[0], faces.boxes[0], 96, Framing(1.35, lift=0.08))
    inner = reframe(crop, Framing(2.0), Framing(1.35, lift=0.08))

A model answers best for faces that fill their pictures as those did that it learned from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cinemotion.core.types import Floats, Image
from cinemotion.faces.align import MARGIN, crop_matrix
from cinemotion.faces.resample import cut_square


@dataclass(frozen=True, slots=True)
class Framing:
    """Where a face is in its square picture.

    Attributes:
        margin: Side of the picture in face sizes, see ``align.py``.
        lift: How far the face's centre lies below the picture's, by the picture's side.
    """

    margin: float = MARGIN
    lift: float = 0.0


def cut_face(image: Image, landmarks: Floats, box: Floats, size: int, framing: Framing) -> Image:
    """Cut one face out of a frame, upright.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        landmarks: float32 ``(5, 2)``, xy, pixels of the frame.
        box: float32 ``(4,)``, xyxy, pixels of the frame.
        size: Side of the result in pixels.
        framing: Where the face is to be in it.

    Returns:
        uint8 ``(size, size, 3)``, RGB.

    Raises:
        ValueError: The box has no area or a coordinate is not finite.
    """
    matrix = crop_matrix(landmarks, box, size, framing.margin)
    matrix[1, 2] += framing.lift * size
    return cut_square(image, matrix, size)


def reframe(crop: Image, given: Framing, wanted: Framing) -> Image:
    """The square of a crop that has another framing.

    What would lie outside is not made up: the square is then smaller, and around the same place.

    Args:
        crop: uint8 ``(S, S, 3)``, RGB.
        given: Its framing.
        wanted: The other one.

    Returns:
        A part of ``crop``, a view.
    """
    height, width = crop.shape[:2]
    side = min(1.0, wanted.margin / given.margin)
    # The face's centre is at 0.5 + given.lift, and must be at 0.5 + wanted.lift of the part.
    top = 0.5 + given.lift - (0.5 + wanted.lift) * side
    top = min(max(top, 0.0), 1.0 - side)
    left = (1.0 - side) / 2
    y, x = math.floor(top * height + 0.5), math.floor(left * width + 0.5)
    rows, columns = max(1, round(side * height)), max(1, round(side * width))
    return crop[y : y + rows, x : x + columns]
