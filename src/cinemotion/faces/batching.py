"""Runs a network over pictures of any sizes, at one or more scales.

    faces = detect_at_scales(images, infer, long_side=512, scales=(1.0, 2.0), max_batch=4)

``infer`` is what a new detector has to write: from a batch of equal canvases, uint8
``(b, h, w, 3)`` RGB, to one `Faces` each, in pixels of the canvas. Grouping by size,
scaling and padding, going back, merging the scales and clipping happen here, once for all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cinemotion.core.types import Faces, Floats, Image
from cinemotion.faces.boxes import areas, clip_to, join, suppress
from cinemotion.faces.canvas import ENLARGE_AT_MOST, back_to_image, to_canvas

Infer = Callable[[Image], list[Faces]]

MAX_IOU = 0.3
"""Overlap above which two boxes are one face; the value that both detectors publish."""

LEFT_TO_SMALLEST = 48.0
"""Faces of this size and more, in pixels of the smallest canvas, count from that canvas alone:
it sees them well, while an enlarged one finds parts of them, with a high score."""


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
    for views in _batches(images, long_side, scales, max_batch):
        answers = infer(np.stack([view.canvas for view in views]))
        for view, candidates in zip(views, answers, strict=True):
            faces = back_to_image(candidates, view.scale)
            found[view.image].append(faces[np.sqrt(areas(faces.boxes)) < view.largest])
    return [
        clip_to(suppress(join(parts), max_iou=MAX_IOU), image.shape[1], image.shape[0])
        for image, parts in zip(images, found, strict=True)
    ]


class _View(NamedTuple):
    """A picture at one scale.

    Attributes:
        image: Its index.
        canvas: uint8 ``(h, w, 3)``.
        scale: float32 ``(2,)``, canvas pixels per image pixel.
        largest: Faces from this size on, in pixels of the image, are not looked for here.
    """

    image: int
    canvas: Image
    scale: Floats
    largest: float


def _batches(
    images: Sequence[Image], long_side: int, scales: Sequence[float], max_batch: int
) -> Iterator[list[_View]]:
    """Yield views whose canvases are of one size, at most ``max_batch`` at a time."""
    waiting: dict[tuple[int, ...], list[_View]] = defaultdict(list)
    for index, image in enumerate(images):
        _check(image)
        smallest, *larger = _long_sides(image, long_side, scales)
        limit = LEFT_TO_SMALLEST * max(image.shape[:2]) / smallest
        for side in (smallest, *larger):
            canvas, scale = to_canvas(image, side)
            group = waiting[canvas.shape]
            group.append(_View(index, canvas, scale, math.inf if side == smallest else limit))
            if len(group) == max_batch:
                yield waiting.pop(canvas.shape)
    yield from waiting.values()


def _long_sides(image: Image, long_side: int, scales: Sequence[float]) -> list[int]:
    """Distinct long sides to try, ascending: no picture is looked at twice in one size."""
    largest = round(ENLARGE_AT_MOST * max(image.shape[:2]))
    return sorted({min(largest, max(1, round(long_side * scale))) for scale in scales})


def _check(image: Image) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f"expected an RGB image, uint8 (H, W, 3), at least 1x1; "
            f"got {image.dtype} {image.shape}: convert it first"
        )
