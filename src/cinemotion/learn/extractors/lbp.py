"""Local binary patterns: the fine texture of each part of the face.

    Lbp("")([crop])                 # float32 (1, 944)

Each pixel is compared with its eight neighbours. The 58 patterns with at most two changes
around the circle are counted one by one, all others together, in each of 4 × 4 parts.

Source: Ahonen, Hadid, Pietikäinen: Face Description with Local Binary Patterns, PAMI 28(12),
2006 (their u2 mapping with P = 8, R = 1), as scikit-image computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from skimage.feature import local_binary_pattern

from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import refuse_argument
from cinemotion.learn.extractors.parallel import stack

SIDE = 64
"""Pixels."""

GRID = 4
"""Parts along a side."""

_NEIGHBOURS, _RADIUS = 8, 1
_PATTERNS = _NEIGHBOURS * (_NEIGHBOURS - 1) + 3


class Lbp:
    """Histograms of uniform patterns of the grey picture at 64 × 64, part by part."""

    dimensions = GRID * GRID * _PATTERNS

    def __init__(self, argument: str) -> None:
        refuse_argument("lbp", argument)
        self.recipe = {
            "name": "lbp",
            "revision": 1,
            "side": SIDE,
            "grid": GRID,
            "neighbours": _NEIGHBOURS,
            "radius": _RADIUS,
            "scikit-image": version("scikit-image"),
            **canvas.RECIPE,
        }

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`.

        Values are shares of a part's pixels: the 59 of each part sum to 1.
        """
        return stack(_vector, images, self.dimensions)


def _vector(image: Image) -> Floats:
    grey = canvas.grey(image, (SIDE, SIDE))
    patterns = local_binary_pattern(grey, _NEIGHBOURS, _RADIUS, "nri_uniform").astype(np.int64)
    # Every part counts in bins of its own.
    part = np.arange(SIDE) * GRID // SIDE
    bins = (part[:, None] * GRID + part) * _PATTERNS + patterns
    counts = np.bincount(bins.ravel(), minlength=GRID * GRID * _PATTERNS)
    return (counts / (SIDE // GRID) ** 2).astype(np.float32)
