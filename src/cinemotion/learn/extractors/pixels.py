"""The picture itself, small and grey: the baseline that every other feature must beat.

Pixels("")([crop])              # float32 (1, 576)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import refuse_argument
from cinemotion.learn.extractors.parallel import stack

SIDE = 24
"""Pixels."""


class Pixels:
    """Luma at 24 × 24, row by row, with mean 0 and variance 1 in each picture."""

    dimensions = SIDE * SIDE

    def __init__(self, argument: str) -> None:
        refuse_argument("pixels", argument)
        self.recipe = {"name": "pixels", "revision": 1, "side": SIDE, **canvas.RECIPE}

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`.

        A picture of a single shade, which has no variance, is all zeros.
        """
        return stack(_vector, images, self.dimensions)


def _vector(image: Image) -> Floats:
    values = canvas.grey(image, (SIDE, SIDE)).astype(np.float64).ravel()
    centred = values - values.mean()
    return np.asarray(centred / (values.std() or 1.0), np.float32)
