"""What a sampled frame yields: its faces, or the frame itself, as standardised crops.

    subject = open_subject(recipe)
    look = subject.look(frame, film)
    look.samples[0].image       # encoded bytes

A subject joins the stages that a crop passes: black bars off, detect, align, score, encode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np

from cinemotion.core.types import Faces, Film, Floats, Image
from cinemotion.curate.quality import Quality, score_frame_quality, score_quality
from cinemotion.dataset.images import encode_image
from cinemotion.faces.align import align_face
from cinemotion.faces.detector import open_detector
from cinemotion.faces.looks import Bytes, look_of
from cinemotion.faces.standardise import standardise
from cinemotion.recipes import BuildRecipe
from cinemotion.video.letterbox import content_box
from cinemotion.video.reader import DecodedFrame
from cinemotion.video.thumbnail import colour_thumbnail

Box = tuple[int, int, int, int]

_ENLARGE_BELOW = 0.9  # of the frame's long side; a second conversion for less is not worth it


@dataclass(frozen=True, slots=True)
class Sample:
    """One crop.

    Attributes:
        box: float32 ``(4,)``, xyxy, pixels of the frame.
        landmarks: float32 ``(5, 2)``, pixels of the frame; NaN where there are none.
        crop_landmarks: float32 ``(5, 2)``, pixels of the crop; NaN where there are none.
        score: The detector's score; 1 for a whole frame.
        quality: Scores in [0, 1].
        look: uint8 ``(112,)``, see ``faces/looks.py``; ``None`` for a whole frame.
        image: The encoded crop.
    """

    box: Floats
    landmarks: Floats
    crop_landmarks: Floats
    score: float
    quality: Quality
    look: Bytes | None
    image: bytes


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a frame.

    Attributes:
        samples: Its faces, or itself.
        content: Where the picture lies inside black bars: xyxy, pixels of the frame.
        colours: The picture at a glance, as :func:`colour_thumbnail` gives it.
    """

    samples: list[Sample]
    content: Box
    colours: Image


class Subject(Protocol):
    """Turns a decoded frame into samples."""

    def look(self, frame: DecodedFrame, film: Film) -> Look:
        """Look at one frame."""
        ...


@lru_cache(maxsize=2)
def open_subject(recipe: BuildRecipe) -> Subject:
    """The subject that a recipe asks for; kept, since a detector takes a while to load."""
    return FaceSubject(recipe) if recipe.subject == "face" else FrameSubject(recipe)


class FaceSubject:
    """Every face of a frame, aligned."""

    def __init__(self, recipe: BuildRecipe) -> None:
        self._recipe = recipe
        faces = recipe.faces
        self._detector = open_detector(
            faces.detector,
            min_score=faces.min_score,
            long_side=faces.long_side,
            scales=faces.scales,
        )

    def look(self, frame: DecodedFrame, film: Film) -> Look:
        """See :meth:`Subject.look`."""
        settings = self._recipe.faces
        side = round(settings.long_side * max(settings.scales))
        small = frame.rgb(long_side=side)
        x0, y0, x1, y1 = content_box(small)
        if max(x1 - x0, y1 - y0) < _ENLARGE_BELOW * max(small.shape[:2]):
            # The bars took pixels that the picture could have had: give them back.
            small = frame.rgb(long_side=round(side * max(small.shape[:2]) / max(x1 - x0, y1 - y0)))
            x0, y0, x1, y1 = content_box(small)
        picture = np.ascontiguousarray(small[y0:y1, x0:x1])
        found = self._detector.detect([picture])[0]
        scale = film.size[0] / small.shape[1]
        faces = found.shifted(x0, y0).shifted(0, 0, scale)
        faces = faces[_sizes(faces) >= settings.min_size]
        content = _scaled((x0, y0, x1, y1), scale, film.size)
        if not len(faces):
            return Look([], content, colour_thumbnail(picture))
        image = frame.rgb()
        samples = [self._cut(image, faces, i) for i in range(len(faces))]
        return Look(samples, content, colour_thumbnail(picture))

    def _cut(self, image: Image, faces: Faces, i: int) -> Sample:
        crop = self._recipe.crop
        aligned = align_face(image, faces.landmarks[i], faces.boxes[i], crop.size)
        score = float(faces.scores[i])
        quality = score_quality(aligned.image, aligned.landmarks, float(_sizes(faces)[i]), score)
        return Sample(
            box=faces.boxes[i],
            landmarks=faces.landmarks[i],
            crop_landmarks=aligned.landmarks,
            score=score,
            quality=quality,
            look=look_of(aligned.image),
            image=encode_image(standardise(aligned.image, crop.standardise), crop.format),
        )


class FrameSubject:
    """The whole picture without black bars, fitted into a square."""

    def __init__(self, recipe: BuildRecipe) -> None:
        self._recipe = recipe

    def look(self, frame: DecodedFrame, film: Film) -> Look:
        """See :meth:`Subject.look`."""
        crop = self._recipe.crop
        image = frame.rgb()
        x0, y0, x1, y1 = content_box(image)
        picture = np.ascontiguousarray(image[y0:y1, x0:x1])
        square = fit_square(picture, crop.size)
        nowhere = np.full((5, 2), np.nan, np.float32)
        sample = Sample(
            box=np.array([x0, y0, x1, y1], np.float32),
            landmarks=nowhere,
            crop_landmarks=nowhere,
            score=1.0,
            quality=score_frame_quality(picture),
            look=None,
            image=encode_image(standardise(square, crop.standardise), crop.format),
        )
        return Look([sample], (x0, y0, x1, y1), colour_thumbnail(picture))


def fit_square(image: Image, size: int) -> Image:
    """Scale a picture into a ``size`` × ``size`` square, centred, the rest black.

    Args:
        image: uint8 ``(H, W, 3)``.
        size: Side of the square in pixels.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    square = np.zeros((size, size, 3), np.uint8)
    x, y = (size - new[0]) // 2, (size - new[1]) // 2
    square[y : y + new[1], x : x + new[0]] = cv2.resize(image, new, interpolation=how)
    return square


def _sizes(faces: Faces) -> Floats:
    """The size of each face, the root of its box's area: float32 ``(n,)``, pixels."""
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    return np.asarray(np.sqrt(sides.prod(axis=1)), np.float32)


def _scaled(box: Box, scale: float, size: tuple[int, int]) -> Box:
    x0, y0, x1, y1 = (round(value * scale) for value in box)
    return x0, y0, min(x1, size[0]), min(y1, size[1])
