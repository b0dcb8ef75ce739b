"""Histograms of oriented gradients: where edges run, and which way.

    Hog("")([crop])                 # float32 (1, 1764)

Source: Dalal, Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; their
cells, blocks and norm (L2-Hys), as scikit-image computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from skimage.feature import hog

from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import refuse_argument
from cinemotion.learn.extractors.parallel import stack

SIDE = 64
"""Pixels; eight cells along a side."""

_SETTINGS: dict[str, Any] = {
    "orientations": 9,
    "pixels_per_cell": [8, 8],
    "cells_per_block": [2, 2],
    "block_norm": "L2-Hys",
}


class Hog:
    """HOG of the grey picture at 64 × 64: 7 × 7 blocks of 2 × 2 cells of 9 directions."""

    dimensions = 7 * 7 * 2 * 2 * 9

    def __init__(self, argument: str) -> None:
        refuse_argument("hog", argument)
        self.recipe = {
            "name": "hog",
            "revision": 1,
            "side": SIDE,
            **_SETTINGS,
            "scikit-image": version("scikit-image"),
            **canvas.RECIPE,
        }

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`. Values in [0, 1]."""
        return stack(_vector, images, self.dimensions)


def _vector(image: Image) -> Floats:
    return np.asarray(hog(canvas.grey(image, (SIDE, SIDE)), **_SETTINGS), np.float32)
