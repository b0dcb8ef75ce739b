"""What a frame looks like at a glance: a grid of mean colours, small enough to keep of each.

    colours = colour_thumbnail(picture)         # uint8 (9, 16, 3), RGB

432 bytes, some tenths of a millisecond from the picture that a detector sees. It is a fact of one
frame alone, whatever segment the frame is in. Barcodes and scenes are made of it.
"""

from __future__ import annotations

import cv2
import numpy as np

from cinemotion.core.types import Image

ROWS, COLUMNS = 9, 16
BYTES = ROWS * COLUMNS * 3


def colour_thumbnail(picture: Image) -> Image:
    """The mean colour of each cell of a grid.

    Args:
        picture: uint8 ``(H, W, 3)``, RGB, without black bars, of any size from 1 × 1.

    Returns:
        uint8 ``(9, 16, 3)``, RGB.
    """
    # Area averaging needs something to average; smaller pictures are spread out instead.
    shrinks = picture.shape[0] >= ROWS and picture.shape[1] >= COLUMNS
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, (COLUMNS, ROWS), interpolation=how), np.uint8)
