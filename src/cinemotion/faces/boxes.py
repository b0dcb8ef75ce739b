"""Overlap of boxes, non-maximum suppression, joining and clipping.

    overlap = iou(boxes, others)                     # (n, m), in [0, 1]
    faces = suppress(candidates, max_iou=0.3)        # best score first
    faces = clip_to(faces, width=1920, height=1080)

Boxes are float32 ``(n, 4)``, xyxy, in pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from cinemotion.core.types import Faces, Floats

_AT_ONCE = 256  # boxes whose mutual overlaps are worked out in one go: 65,536 numbers


def iou(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of every box with every other.

    Args:
        boxes: float32 ``(n, 4)``, xyxy.
        others: float32 ``(m, 4)``, xyxy.

    Returns:
        float32 ``(n, m)``, in [0, 1]; 0 where both boxes are without area.
    """
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = areas(boxes)[:, None] + areas(others)[None, :] - shared
    overlap: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


def areas(boxes: Floats) -> Floats:
    """Area of each box in square pixels, float32 ``(n,)``; 0 for an inverted box."""
    area: Floats = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return area


def suppress(faces: Faces, *, max_iou: float) -> Faces:
    """Keep the best of every heap of overlapping faces (greedy non-maximum suppression).

    Args:
        faces: Candidates in any order.
        max_iou: A face that overlaps a better one by more than this is dropped, in [0, 1].

    Returns:
        The faces that are left, best score first; equal scores stay in the order given.
    """
    faces = faces[np.argsort(-faces.scores, kind="stable")]
    alive = np.ones(len(faces), bool)
    # All at once is quickest; a very low score lets thousands of candidates through.
    at_once = len(faces) <= _AT_ONCE
    apart = iou(faces.boxes, faces.boxes) <= max_iou if at_once else None
    for best in range(len(faces)):
        if alive[best] and apart is not None:
            alive[best + 1 :] &= apart[best, best + 1 :]
        elif alive[best]:
            overlap = iou(faces.boxes[best : best + 1], faces.boxes[best + 1 :])[0]
            alive[best + 1 :] &= overlap <= max_iou
    return faces[alive]


def join(parts: Sequence[Faces]) -> Faces:
    """One after another, the faces of several lists; none for no list."""
    parts = [Faces.empty(), *parts]
    return Faces(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
    )


def clip_to(faces: Faces, width: int, height: int) -> Faces:
    """Cut the boxes at the picture's edges; a face that lies wholly outside is dropped.

    Landmarks stay where they are: those of a face at the edge may lie outside.

    Args:
        faces: Faces in pixels of the picture.
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.

    Returns:
        The faces inside, in the same order; each box has an area.
    """
    limits = np.array([width, height, width, height], np.float32)
    clipped = dataclasses.replace(faces, boxes=np.clip(faces.boxes, np.float32(0), limits))
    return clipped[areas(clipped.boxes) > 0]
