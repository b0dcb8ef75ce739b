"""The formulas behind the quality scores: luma or landmarks in, a number in [0, 1] out.

measure_sharpness(luma)          # float32 (h, w), 0-255
measure_frontality(landmarks)    # float32 (5, 2), pixels of an aligned crop
"""

from __future__ import annotations

import cv2
import numpy as np

from cinemotion.core.types import Floats

BLUR = 9
"""Length of the blur that `measure_sharpness` applies, in pixels (Crété's choice)."""

ROUNDING = 0.5
"""Mean step, in grey levels, that rounding to 8 bits explains: it is no detail."""

TOO_DARK, DARK, BRIGHT, TOO_BRIGHT = 16.0, 64.0, 208.0, 248.0
"""Mean luma: nothing is lost from 64 to 208, all is lost below 16 and above 248."""

BLACK, WHITE = 4, 251
"""Luma at and beyond which a pixel counts as clipped."""

FULL_CONTRAST = 56.0
"""Standard deviation of the luma of a face in good light."""

NOSE_HEIGHT = 0.55
"""Where the tip of a frontal nose stands between the eyes (0) and the mouth (1)."""

NOSE_DEPTH = 0.5
"""How far the tip of the nose stands before the plane of eyes and mouth, in eye-mouth
distances; the eyes of a frontal face are about one such distance apart."""


def measure_sharpness(luma: Floats) -> float:
    """Share of the steps between neighbours that a strong blur takes away.

    A sharp picture changes much when it is blurred, a blurred one little; contrast
    cancels out. It is the worse of both directions, so that motion blur counts.

    Source: Crété, Dolmiere, Ladret, Nicolas: The blur effect: perception and estimation
    with a new no-reference perceptual blur metric, SPIE 6492, 2007; here as 1 - blur, and
    with `ROUNDING` in the denominator so that black frames are not called sharp.
    """
    shares = []
    for axis, kernel in ((0, (1, BLUR)), (1, (BLUR, 1))):
        if luma.shape[axis] < 2:
            return 0.0
        steps = np.abs(np.diff(luma, axis=axis))
        blurred_steps = np.abs(np.diff(cv2.blur(luma, kernel), axis=axis))
        lost = np.clip(steps - blurred_steps, 0, None)
        shares.append(float(lost.mean() / (steps.mean() + ROUNDING)))
    return min(shares)


def measure_exposure(luma: Floats) -> float:
    """How far the mean luma is from black and white, times the share that is not clipped.

    The plateau is wide on purpose: skin is of every lightness.
    """
    mean = float(luma.mean())
    dark = (mean - TOO_DARK) / (DARK - TOO_DARK)
    bright = (TOO_BRIGHT - mean) / (TOO_BRIGHT - BRIGHT)
    kept = float(((luma > BLACK) & (luma < WHITE)).mean())
    return max(0.0, min(1.0, dark, bright)) * kept


def measure_contrast(luma: Floats) -> float:
    """Standard deviation of the luma, 1 from `FULL_CONTRAST` on (RMS contrast).

    Source: Peli: Contrast in complex images, J. Opt. Soc. Am. A 7 (10), 1990.
    """
    return min(1.0, float(luma.std()) / FULL_CONTRAST)


def measure_frontality(landmarks: Floats) -> float:
    """How frontal a face is: 1 straight into the camera, 0 in full profile.

    A head that turns by an angle moves the nose sideways with its sine, and narrows the
    eyes with its cosine; together they give the angle, and the score falls evenly to 0 at
    90°. It is multiplied by how near the nose is to its usual height between eyes and
    mouth, which nodding changes.

    Source: the model of eyes, nose and mouth of Gee, Cipolla: Determining the gaze of
    faces in images, Image and Vision Computing 12 (10), 1994.

    Args:
        landmarks: float32 ``(5, 2)``, xy in pixels of an aligned crop: eyes level, upright.
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    height = mouth[1] - eyes[1]
    if height <= 0:
        return 0.0
    sideways = abs(nose[0] - (eyes[0] + mouth[0]) / 2) / height
    width = max(0.0, (left_eye[0] - right_eye[0]) / height)
    turned = np.arctan2(sideways / NOSE_DEPTH, width) / (np.pi / 2)
    nodded = abs((nose[1] - eyes[1]) / height - NOSE_HEIGHT) / (1.0 - NOSE_HEIGHT)
    return float((1.0 - turned) * max(0.0, 1.0 - nodded))
