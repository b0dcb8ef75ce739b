"""The pictures of a split at one size by the mean over areas, as models here are trained and used.

    for rows, pictures in by_area(content, "train", places, (48, 48)): …

Keras' loader resizes without antialiasing: a crop of 224 pixels at 48 would be every fifth pixel,
and what it shows would depend on where the grid falls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cinemotion.core.types import Floats
from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.shards import batches
from cinemotion.dataset.images import decode_image
from cinemotion.learn.canvas import Size, colour
from cinemotion.learn.order import Rows

_CHUNK = 32


def by_area(
    content: Content, split: str, places: Mapping[str, int], size: Size
) -> Iterator[tuple[Rows, Floats]]:
    """Read, check, decode and resize the pictures of a split, some at a time.

    Args:
        content: What the version exports.
        split: The side.
        places: The row of each sample, by id.
        size: What to resize to.
    """
    for items in batches(content.items(split), _CHUNK):
        wanted = [item for item in items if item.id in places]
        if wanted:
            pictures = [colour(decode_image(item.picture.data), size) for item in wanted]
            rows = np.array([places[item.id] for item in wanted], np.int64)
            yield rows, np.stack(pictures).astype(np.float32)
