"""Fits a picture into a network's input: scaled down, padded, and mapped back.

    canvas, scale = to_canvas(image, long_side=512)      # sides multiples of 32
    faces = infer(canvas)                                # in pixels of the canvas
    faces = back_to_image(faces, scale)                  # in pixels of the image

The picture lies at the top left of the canvas and black fills the rest, so that going
back is one division.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from cinemotion.core.types import Faces, Floats, Image
from cinemotion.faces.resample import halve

MULTIPLE = 32
"""Sides of the canvas, in pixels: both detectors halve their input five times."""

ENLARGE_AT_MOST = 2.0
"""Small pictures are enlarged this much and no more: on 48-pixel portraits CenterFace
finds 77 % of the faces as they are, 94 % at 2 times and 89 % at 10 times the size."""


def to_canvas(image: Image, long_side: int) -> tuple[Image, Floats]:
    """Scale a picture to a long side and pad it to whole multiples of 32.

    Going down, nothing aliases (see `cinemotion.faces.resample`); going up stops at twice
    the size.

    Args:
        image: uint8 ``(H, W, 3)``, any colour order, at least 1×1.
        long_side: The longest side of the scaled picture, in pixels.

    Returns:
        The canvas, uint8 ``(h, w, 3)``, and the scale, float32 ``(2,)``: canvas pixels
        per image pixel along x and y (they differ by the rounding to whole pixels).
    """
    height, width = image.shape[:2]
    factor = min(ENLARGE_AT_MOST, long_side / max(height, width))
    new_width, new_height = max(1, round(width * factor)), max(1, round(height * factor))
    smaller, halved = halve(image, factor)
    method = cv2.INTER_LINEAR if factor < 1.0 else cv2.INTER_CUBIC
    canvas = np.zeros((_round_up(new_height), _round_up(new_width), 3), np.uint8)
    canvas[:new_height, :new_width] = cv2.resize(
        smaller, (new_width, new_height), interpolation=method
    )
    seen_width, seen_height = smaller.shape[1] * halved, smaller.shape[0] * halved
    return canvas, np.array([new_width / seen_width, new_height / seen_height], np.float32)


def back_to_image(faces: Faces, scale: Floats) -> Faces:
    """Move faces from canvas pixels to image pixels.

    Args:
        faces: Faces in pixels of the canvas.
        scale: float32 ``(2,)``, as `to_canvas` returned it.
    """
    corners: Floats = faces.boxes.reshape(-1, 2, 2) / scale
    return dataclasses.replace(
        faces, boxes=corners.reshape(-1, 4), landmarks=faces.landmarks / scale
    )


def _round_up(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE
