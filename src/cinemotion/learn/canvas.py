"""Pictures at the one size that an extractor or a model looks at.

    colour(image, (64, 64))         # uint8 (64, 64, 3), RGB
    grey(image, (64, 64))           # uint8 (64, 64)
    RECIPE                          # what the two depend on

A picture is stretched to the size whatever its shape was: crops are square. Sizes are brought
down by the mean over the area that a pixel covers, which lets no pattern of the grid through.
"""

from __future__ import annotations

import cv2
import numpy as np

from cinemotion.core.types import Image

Size = tuple[int, int]
"""Height and width, in pixels."""

RECIPE = {"resize": "area", "opencv": cv2.__version__}


def colour(image: Image, size: Size) -> Image:
    """A picture at a size.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        size: Height and width.

    Returns:
        uint8 ``(height, width, 3)``, RGB; the picture itself where it has the size.
    """
    if image.shape[:2] == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def grey(image: Image, size: Size) -> Image:
    """The luma of a picture at a size (ITU-R BT.601 weights), uint8 ``(height, width)``."""
    return np.asarray(cv2.cvtColor(colour(image, size), cv2.COLOR_RGB2GRAY), np.uint8)
