"""Named steps that make crops alike in light and colour, in the order of the recipe.

    image = standardise(image, ["clahe", "grey"])

A step takes and returns uint8 ``(H, W, 3)`` RGB and leaves its input as it is. To add
one, write it here and add a line to `STANDARDISATIONS`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cinemotion.core.registry import Registry
from cinemotion.core.types import Image

STANDARDISATIONS = Registry(
    "standardisation step",
    {
        "grey": "cinemotion.faces.standardise:grey",
        "clahe": "cinemotion.faces.standardise:clahe",
        "equalise": "cinemotion.faces.standardise:equalise",
        "per_image_standardise": "cinemotion.faces.standardise:per_image_standardise",
    },
)

CLIP_LIMIT, TILES = 2.0, (8, 8)
DEVIATIONS = 3.0


def standardise(image: Image, steps: Sequence[str]) -> Image:
    """Apply steps one after another.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        steps: Names out of `STANDARDISATIONS`; with none the image is returned itself.

    Raises:
        BadInputError: A step is not registered.
    """
    for step in steps:
        image = STANDARDISATIONS.load(step)(image)
    return image


def grey(image: Image) -> Image:
    """Luma of ITU-R BT.601 in all three channels."""
    return np.asarray(cv2.cvtColor(_luma(image), cv2.COLOR_GRAY2RGB), np.uint8)


def equalise(image: Image) -> Image:
    """Spread the histogram of the luma over the full range; the colours stay."""
    return _with_luma(image, np.asarray(cv2.equalizeHist(_luma(image)), np.uint8))


def clahe(image: Image) -> Image:
    """Equalise the luma tile by tile with limited contrast; the colours stay.

    Source: Zuiderveld: Contrast Limited Adaptive Histogram Equalization, in Graphics
    Gems IV, 1994; 8×8 tiles, clip limit 2.
    """
    equaliser = cv2.createCLAHE(clipLimit=CLIP_LIMIT, tileGridSize=TILES)
    return _with_luma(image, np.asarray(equaliser.apply(_luma(image)), np.uint8))


def per_image_standardise(image: Image) -> Image:
    """Zero mean and unit variance over all pixels and channels, mapped back to uint8.

    With ``z = (x - mean) / max(deviation, 1 / √n)`` for ``n`` numbers, the result is
    ``127.5 + 42.5 z``, rounded and clipped: 0 and 255 stand for three deviations. A flat
    image becomes flat mid-grey.
    """
    values = image.astype(np.float32)
    deviation = max(float(values.std()), 1 / float(np.sqrt(values.size)))
    scaled = (values - values.mean()) * np.float32(127.5 / DEVIATIONS / deviation) + 127.5
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def _luma(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _with_luma(image: Image, luma: Image) -> Image:
    """The same colours with another luma ``(H, W)``."""
    ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    ycc[..., 0] = luma
    return np.asarray(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), np.uint8)
