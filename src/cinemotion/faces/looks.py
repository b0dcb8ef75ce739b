"""What a face's crop looks like, in 112 bytes: enough to tell who is who a moment later.

    look = look_of(crop)                    # uint8 (112,)
    away = distances(looks, others)         # float32 (n, m): 0 for the same, 1.4 for strangers

Not an identity: it knows nothing of other light, another angle or another day. It is 64 numbers of
light and shade, freed of brightness and contrast, and 48 of colour, coarser, of the crop with its
margin, so that hair and collar count. It costs little beside encoding the crop.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats, Image

SHADES, COLOURS = 8, 4
"""Cells along a side: of light and shade, and of colour."""

BYTES = SHADES**2 + 3 * COLOURS**2

Bytes = NDArray[np.uint8]

_STEPS = 40.0  # of a byte for a standard deviation of light; 3.2 of them fit on either side
_NOISE = 5.0  # of 255: less contrast than this is none
_TELLING = 0.75  # of the deviation that shades have by their making: 15 of 255 in the picture
_LIGHT = 0.3  # what brightness counts beside hue: light changes sooner than colour
_COLOUR = 5.0  # what colour counts beside shades, chosen on clips where faces were seen at once


def look_of(crop: Image) -> Bytes:
    """Describe a crop.

    Args:
        crop: uint8 ``(S, S, 3)``, RGB, aligned.

    Returns:
        uint8 ``(112,)``.
    """
    small = cv2.resize(crop, (SHADES, SHADES), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    shades = (grey - grey.mean()) / (grey.std() + _NOISE)
    few = cv2.resize(small, (COLOURS, COLOURS), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(few, cv2.COLOR_RGB2LAB)
    return np.concatenate(
        [np.clip(np.rint(128 + _STEPS * shades), 0, 255).astype(np.uint8).ravel(), lab.ravel()]
    )


def distances(looks: Bytes, others: Bytes) -> Floats:
    """How unlike crops look.

    Args:
        looks: uint8 ``(n, 112)``.
        others: uint8 ``(m, 112)``.

    Returns:
        float32 ``(n, m)``.
    """
    one, other = _weighed(looks), _weighed(others)
    found: Floats = np.linalg.norm(one[:, None] - other[None], axis=2)
    return found


def telling(looks: Bytes) -> NDArray[np.bool_]:
    """Which crops show enough to be alike at all: the dark look like the dark, bool ``(n,)``."""
    shades = looks[:, : SHADES**2].astype(np.float32) / _STEPS
    return np.asarray(shades.std(axis=1) >= _TELLING, bool)


def _weighed(looks: Bytes) -> Floats:
    """Numbers whose Euclidean distance is what counts: float32 ``(n, 112)``."""
    numbers = looks.astype(np.float32)
    shades = numbers[:, : SHADES**2] / (_STEPS * SHADES)
    lab = numbers[:, SHADES**2 :].reshape(len(looks), COLOURS**2, 3) / 100
    # Lightness is stretched to 255 in a byte, hue is not.
    lab = lab * np.array([_LIGHT * 100 / 255, 1, 1], np.float32) * np.float32(_COLOUR / COLOURS)
    return np.concatenate([shades, lab.reshape(len(looks), 3 * COLOURS**2)], axis=1)
