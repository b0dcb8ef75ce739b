"""Runs a network over pictures of any sizes, at one or more scales.

    faces = detect_at_scales(images, infer, long_side=512, scales=(1.0, 2.0), max_batch=4)

``infer`` is what a new detector has to write: from a batch of equal canvases, uint8
``(b, h, w, 3)`` RGB, to one `Faces` each, in pixels of the canvas. Grouping by size,
scaling and padding, going back, merging the scales and clipping happen here, once for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from cinemotion.core.types import Faces, Floats, Image
from cinemotion.faces.boxes import clip_to, join, suppress
from cinemotion.faces.canvas import ENLARGE_AT_MOST, back_to_image, to_canvas

Infer = Callable[[Image], list[Faces]]

MAX_IOU = 0.3
"""Overlap above which two boxes are one face; the value that both detectors publish."""


def detect_at_scales(
    images: Sequence[Image],
    infer: Infer,
    *,
    long_side: int,
    scales: Sequence[float],
    max_batch: int,
) -> list[Faces]:
    """Find faces in pictures at every scale and merge what was found.

    Args:
        images: uint8 ``(H, W, 3)`` RGB each, any sizes.
        infer: From uint8 ``(b, h, w, 3)`` to ``b`` lists of candidates, in canvas pixels.
        long_side: Long side of the canvas at scale 1, in pixels.
        scales: Factors on ``long_side``.
        max_batch: The most canvases in one call of ``infer``.

    Returns:
        One `Faces` per picture: merged, clipped to the picture, best score first.

    Raises:
        ValueError: An image is not uint8 ``(H, W, 3)``, or it is empty.
    """
    found: list[list[Faces]] = [[] for _ in images]
    for indices, canvases, factors in _batches(images, long_side, scales, max_batch):
        for index, factor, faces in zip(indices, factors, infer(canvases), strict=True):
            found[index].append(back_to_image(faces, factor))
    return [
        clip_to(suppress(join(parts), max_iou=MAX_IOU), image.shape[1], image.shape[0])
        for image, parts in zip(images, found, strict=True)
    ]


def _batches(
    images: Sequence[Image], long_side: int, scales: Sequence[float], max_batch: int
) -> Iterator[tuple[list[int], Image, list[Floats]]]:
    """Yield picture indices, their canvases of one size, and the scale of each."""
    waiting: dict[tuple[int, ...], list[tuple[int, Image, Floats]]] = defaultdict(list)
    for index, image in enumerate(images):
        _check(image)
        for side in _long_sides(image, long_side, scales):
            canvas, factor = to_canvas(image, side)
            group = waiting[canvas.shape]
            group.append((index, canvas, factor))
            if len(group) == max_batch:
                yield _stack(waiting.pop(canvas.shape))
    for group in waiting.values():
        yield _stack(group)


def _stack(group: list[tuple[int, Image, Floats]]) -> tuple[list[int], Image, list[Floats]]:
    indices, canvases, factors = zip(*group, strict=True)
    return list(indices), np.stack(canvases), list(factors)


def _long_sides(image: Image, long_side: int, scales: Sequence[float]) -> list[int]:
    """Distinct long sides to try: a small picture is not looked at twice in one size."""
    largest = round(ENLARGE_AT_MOST * max(image.shape[:2]))
    return sorted({min(largest, max(1, round(long_side * scale))) for scale in scales})


def _check(image: Image) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f"expected an RGB image, uint8 (H, W, 3), at least 1x1; "
            f"got {image.dtype} {image.shape}: convert it first"
        )
