"""The same function for each picture of a batch, on all cores.

vectors = stack(hog, images, 1764)              # float32 (n, 1764)

Threads, as the pictures are there already and libraries leave the interpreter's lock in their
loops; what that brings is in decision 13.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cinemotion.core.types import Floats, Image


def stack(vector: Callable[[Image], Floats], images: Sequence[Image], dimensions: int) -> Floats:
    """Vectors of pictures, one below the other.

    Args:
        vector: From a picture to float ``(dimensions,)``; called from several threads.
        images: uint8 ``(H, W, 3)``, RGB.
        dimensions: The length of a vector.

    Returns:
        float32 ``(n, dimensions)``.
    """
    found = np.empty((len(images), dimensions), np.float32)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, values in enumerate(pool.map(vector, images)):
            found[row] = values
    return found
