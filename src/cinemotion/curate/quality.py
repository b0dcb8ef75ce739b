"""How good a crop is: six scores in [0, 1], lower is worse, and why one is rejected.

    quality = score_quality(crop.image, crop.landmarks, box_size_px=88.0, detector_score=0.8)
    reason = judge(quality, {"sharpness": 0.3})      # None, or for instance "blurred"

The scores of light are measured on the **inner face**: the upright square around the
middle of eyes and mouth, as wide as the face, in luma (ITU-R BT.601). What they measure
follows the quality components of ISO/IEC 29794-5 (face image data); the formulas are
in `cinemotion.curate.measures`. `score_frame_quality` does the same for a whole frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from cinemotion.core.errors import BadRecipeError
from cinemotion.core.types import Floats, Image
from cinemotion.curate.measures import (
    measure_contrast,
    measure_exposure,
    measure_frontality,
    measure_sharpness,
)

FACE_SCALE, FRAME_SCALE = 64, 512
"""Working sizes, in pixels: side of the inner face, long side of a whole frame."""

FULL_SIZE = 128.0
"""A box of this size in the film, in pixels, is as large as one could wish."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "detector": "low_score",
        "size": "small",
        "exposure": "exposure",
        "contrast": "low_contrast",
        "sharpness": "blurred",
        "pose": "profile",
    }
)
"""Why a crop is rejected whose score of this name is too low, in the order of judging."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Scores of one crop, each in [0, 1], lower is worse.

    Attributes:
        sharpness: Share of the fine detail that blurring would destroy.
        exposure: Neither too dark nor too bright, nothing clipped.
        contrast: Spread of the luma.
        size: Size of the face in the film.
        pose: How frontal the face is.
        detector: The detector's own score.
    """

    sharpness: float
    exposure: float
    contrast: float
    size: float
    pose: float
    detector: float

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            score = getattr(self, name)
            if not 0.0 <= score <= 1.0:
                raise ValueError(f"{name} must be in [0, 1], got {score}")

    @property
    def overall(self) -> float:
        """Geometric mean of the six scores: one that is 0 makes the whole 0."""
        scores = [getattr(self, name) for name in self.__dataclass_fields__]
        return float(math.prod(scores) ** (1 / len(scores)))


def score_quality(
    image: Image, landmarks: Floats, box_size_px: float, detector_score: float
) -> Quality:
    """Score one aligned face.

    Args:
        image: uint8 ``(H, W, 3)``, RGB, the aligned crop (eyes level). In crops under 128
            pixels with the default margin, sharpness is limited by the crop itself.
        landmarks: float32 ``(5, 2)``, xy in pixels of the crop.
        box_size_px: Size of the face in the film, in pixels: root of its box's area. A
            small face enlarged to a big crop is not sharp.
        detector_score: The detector's score, in [0, 1].
    """
    face = _inner_face(image, landmarks)
    resolved = min(1.0, box_size_px / FACE_SCALE)
    return Quality(
        sharpness=measure_sharpness(face) * resolved,
        exposure=measure_exposure(face),
        contrast=measure_contrast(face),
        size=min(1.0, box_size_px / FULL_SIZE),
        pose=measure_frontality(landmarks),
        detector=min(1.0, max(0.0, detector_score)),
    )


def score_frame_quality(image: Image) -> Quality:
    """Score a whole frame: sharpness, exposure, contrast; what faces alone have is 1.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
    """
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    factor = min(1.0, FRAME_SCALE / max(luma.shape))
    height, width = (max(1, round(side * factor)) for side in luma.shape)
    frame = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return Quality(
        sharpness=measure_sharpness(frame),
        exposure=measure_exposure(frame),
        contrast=measure_contrast(frame),
        size=1.0,
        pose=1.0,
        detector=1.0,
    )


def judge(quality: Quality, thresholds: Mapping[str, float]) -> str | None:
    """Say why a crop is rejected, or ``None`` where it is good enough.

    Args:
        quality: The crop's scores.
        thresholds: Score name → lowest score that passes; a name left out does not count.

    Returns:
        The first reason in the order of `REASONS`.

    Raises:
        BadRecipeError: A threshold has an unknown name.
    """
    if unknown := sorted(set(thresholds) - set(REASONS)):
        raise BadRecipeError(
            f"unknown quality threshold {unknown[0]!r}; choose out of: {', '.join(REASONS)}"
        )
    for name, reason in REASONS.items():
        if getattr(quality, name) < thresholds.get(name, 0.0):
            return reason
    return None


def _inner_face(image: Image, landmarks: Floats) -> Floats:
    """Luma of the inner face at the working scale, float32 ``(64, 64)``, 0-255."""
    points = landmarks.astype(np.float64)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = np.hypot(*(points[0] - points[1])), np.hypot(*(mouth - eyes))
    half = max(2.0 * across, 1.8 * down, 8.0) / 2  # as in alignment; at least 8 pixels
    limits = np.array(image.shape[1::-1])
    left, top = np.clip(np.rint((eyes + mouth) / 2 - half), 0, limits - 1).astype(int)
    right, bottom = np.clip(np.rint((eyes + mouth) / 2 + half), (left + 1, top + 1), limits)
    luma = cv2.cvtColor(image[top : int(bottom), left : int(right)], cv2.COLOR_RGB2GRAY)
    shrinks = min(luma.shape) >= FACE_SCALE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(luma, (FACE_SCALE, FACE_SCALE), interpolation=method).astype(np.float32)
