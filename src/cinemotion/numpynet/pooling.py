"""From the maps of a picture to one vector.

    maps = classic().features(pictures)                # (n, h, w, c)
    vectors = spatial_pyramid(maps)                    # (n, 21 * c)

``flatten`` keeps every place; ``global_average`` none; the pyramid lies between. ``first128`` is
what the course project did: 128 numbers of the flattened maps are the top left corner of the
picture. It is here to be compared with; docs/numpynet.md shows what it costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from cinemotion.numpynet.arrays import Array


def flatten(maps: Array) -> Array:
    """All numbers in their order: ``(n, h * w * c)``."""
    return maps.reshape(len(maps), math.prod(maps.shape[1:]))


def global_average(maps: Array) -> Array:
    """The mean of every channel: ``(n, c)``."""
    out: Array = maps.mean(axis=(1, 2))
    return out


def spatial_pyramid(maps: Array, levels: Sequence[int] = (1, 2, 4)) -> Array:
    """Means of every channel over grids of 1 × 1, 2 × 2, 4 × 4 cells (Lazebnik et al. 2006).

    Args:
        maps: ``(n, h, w, c)``.
        levels: Cells along a side of each grid; a cell has at least one place, so that small maps
            give vectors as long as large ones.

    Returns:
        ``(n, c * sum of levels²)``.
    """
    cells = [
        maps[:, top:bottom, left:right].mean(axis=(1, 2))
        for level in levels
        for top, bottom in _cells(maps.shape[1], level)
        for left, right in _cells(maps.shape[2], level)
    ]
    return np.concatenate(cells, axis=1)


def first128(maps: Array) -> Array:
    """The first 128 numbers of the flattened maps: a corner of the picture. For comparison only."""
    return flatten(maps)[:, :128]


POOLINGS: dict[str, Callable[[Array], Array]] = {
    "flat": flatten,
    "gap": global_average,
    "spp": spatial_pyramid,
    "first128": first128,
}
"""The ways from maps to a vector, by their short names."""


def _cells(size: int, count: int) -> list[tuple[int, int]]:
    """Where each of ``count`` cells begins and ends along a side."""
    begins = [i * size // count for i in range(count)]
    ends = [max(begin + 1, (i + 1) * size // count) for i, begin in enumerate(begins)]
    return list(zip(begins, ends, strict=True))
