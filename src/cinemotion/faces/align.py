"""Cuts a face out of a frame: eyes level, square, with a fixed generous margin.

    crop = align_face(frame, faces.landmarks[0], faces.boxes[0], size=224)
    crop.image          # uint8 (224, 224, 3)
    crop.landmarks      # the five points in pixels of the crop
    crop.matrix         # frame pixels → crop pixels

The geometry, in order:

* **face size** is 2.0 × the distance of the eyes or 1.8 × the distance from the eyes'
  middle to the mouth's middle, whichever is longer: a head that turns keeps the second, a
  head that nods keeps the first. It is held within 0.6-1.2 of the box's size (the root of
  its area), in case the landmarks are wrong. On real footage it is 0.71-1.01 of it.
* **side** of the crop is ``margin`` × the face size. With the default of 2, forehead, ears
  and chin are inside with room for rotation and shifts; a tight framing is the middle 60 %.
* **centre** of the crop is half-way between the eyes' middle and the mouth's middle.
* **up** is perpendicular to the eye line. In profile the eyes fall together and their line
  is noise, so it fades into the line from the mouth to the eyes.

Sizes and factors follow the FFHQ data set (Karras, Laine, Aila: A Style-Based Generator
Architecture for GANs, CVPR 2019, appendix A).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats, Image
from cinemotion.faces.resample import cut_square

MARGIN = 2.0
SIZE_WITHIN = (0.6, 1.2)
EYES_TOGETHER, EYES_APART = 0.25, 0.5
"""Eye distance, in eye-mouth distances, where the eye line counts nothing, and alone."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AlignedFace:
    """A face cut out of its frame.

    Attributes:
        image: uint8 ``(size, size, 3)``, RGB.
        landmarks: float32 ``(5, 2)``, xy in pixels of the crop, in the order of
            `cinemotion.core.types.LANDMARKS`; they may lie outside.
        matrix: float32 ``(2, 3)``, from frame pixels to crop pixels:
            ``crop = matrix[:, :2] @ frame + matrix[:, 2]``, where (0, 0) is the top left
            corner of the top left pixel.
    """

    image: Image
    landmarks: Floats
    matrix: Floats

    def __post_init__(self) -> None:
        if self.landmarks.shape != (5, 2) or self.matrix.shape != (2, 3):
            raise ValueError(
                f"an aligned face needs landmarks (5, 2) and a matrix (2, 3); "
                f"got {self.landmarks.shape} and {self.matrix.shape}"
            )


def align_face(
    image: Image, landmarks: Floats, box: Floats, size: int, margin: float = MARGIN
) -> AlignedFace:
    """Cut one face out of a frame; the module's docstring tells the geometry.

    Where the crop leaves the frame, the frame's edge pixels are repeated: black would be
    an edge that is not in the film.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
        landmarks: float32 ``(5, 2)``, xy, pixels of the frame.
        box: float32 ``(4,)``, xyxy, pixels of the frame.
        size: Side of the crop in pixels.
        margin: Side of the crop in face sizes.

    Raises:
        ValueError: The box has no area or a coordinate is not finite.
    """
    matrix = crop_matrix(landmarks, box, size, margin)
    points = landmarks.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return AlignedFace(
        image=cut_square(image, matrix, size),
        landmarks=points.astype(np.float32),
        matrix=matrix.astype(np.float32),
    )


def crop_matrix(landmarks: Floats, box: Floats, size: int, margin: float) -> Doubles:
    """The map from frame pixels to crop pixels: turn, scale, move; arguments as above.

    Returns:
        float64 ``(2, 3)``.

    Raises:
        ValueError: The box has no area or a coordinate is not finite.
    """
    points, corners = landmarks.astype(np.float64), box.astype(np.float64)
    width, height = corners[2:] - corners[:2]
    if not (width > 0 and height > 0 and np.isfinite(points).all() and np.isfinite(corners).all()):
        raise ValueError(f"cannot align a face with box {box.tolist()}: no area, or not finite")
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[0] - points[1], mouth - eyes
    wanted = max(2.0 * np.hypot(*across), 1.8 * np.hypot(*down))
    low, high = (factor * np.sqrt(width * height) for factor in SIZE_WITHIN)
    scale = size / (margin * min(max(wanted, low), high))
    right_x, right_y = _rightwards(across, down)
    turn = scale * np.array([[right_x, right_y], [-right_y, right_x]])
    centre = (eyes + mouth) / 2
    return np.column_stack([turn, size / 2 - turn @ centre])


def _rightwards(across: Doubles, down: Doubles) -> Doubles:
    """Unit vector that points to the crop's right, float64 ``(2,)``.

    Args:
        across: From the subject's right eye to the left eye.
        down: From the eyes' middle to the mouth's middle.
    """
    eye_distance, eye_mouth = np.hypot(*across), np.hypot(*down)
    openness = (eye_distance / max(eye_mouth, 1e-9) - EYES_TOGETHER) / (EYES_APART - EYES_TOGETHER)
    trust = np.clip(openness, 0.0, 1.0)
    upright = np.array([down[1], -down[0]])  # ``down``, turned to point to the right
    mixed = trust * across / max(eye_distance, 1e-9) + (1 - trust) * upright / max(eye_mouth, 1e-9)
    length = np.hypot(*mixed)
    # All five points in one place say nothing about the angle: leave the face as it is.
    direction: Doubles = mixed / length if length > 1e-6 else np.array([1.0, 0.0])
    return direction
