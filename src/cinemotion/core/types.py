"""The nouns that travel between the stages. All are frozen and check themselves at birth.

Conventions, everywhere:

* time is ``(pts, time_base)``, never a frame number divided by a rate;
* ranges are half-open, ``[start, end)``;
* images are uint8 ``(H, W, 3)``, RGB, upright, with square pixels;
* boxes are float32 ``(n, 4)``, xyxy, in pixels of the upright square-pixel frame;
* landmarks are float32 ``(n, 5, 2)``: the subject's left eye, right eye, nose, left mouth
  corner, right mouth corner (the subject's left is on the right of the picture).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A presentation time: ``pts`` ticks of ``time_base`` seconds each."""

    pts: int
    time_base: Fraction

    def __post_init__(self) -> None:
        if self.time_base <= 0:
            raise ValueError(f"time_base must be positive, got {self.time_base}")

    @property
    def exact(self) -> Fraction:
        """The time in seconds, as an exact fraction."""
        return self.pts * self.time_base

    @property
    def seconds(self) -> float:
        """The time in seconds, as the nearest float."""
        return float(self.exact)


@dataclass(frozen=True, slots=True)
class Colour:
    """How the numbers of a film's pictures stand for light.

    Attributes:
        matrix: ``bt601``, ``bt709``, ``bt2020`` or ``rgb``.
        full_range: Whether luma uses 0-255 rather than 16-235.
        transfer: ``sdr``, ``pq`` or ``hlg``.
        guessed: Whether the file left the matrix unsaid and it was guessed from the size.
    """

    matrix: Literal["bt601", "bt709", "bt2020", "rgb"] = "bt709"
    full_range: bool = False
    transfer: Literal["sdr", "pq", "hlg"] = "sdr"
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Film:
    """A film file as the probe found it; nothing in it needed decoding the whole film.

    Attributes:
        path: The file.
        stream: Index of the video stream inside the file (attached pictures do not count).
        codec: Name of the codec, for instance ``h264``.
        pixel_format: FFmpeg's name of the stored pixel format, for instance ``yuv420p10le``.
        coded_size: Stored ``(width, height)`` in pixels, before aspect and rotation.
        size: ``(width, height)`` of the upright square-pixel picture.
        sample_aspect: Width of a stored pixel divided by its height.
        rotation: Degrees, counter-clockwise, that turn the stored picture upright: 0, 90,
            180 or 270.
        colour: Matrix, range and transfer.
        interlaced: Whether the stream says that it is interlaced.
        has_alpha: Whether the pixels carry an alpha channel (it is composed over black).
        start: Time of the first picture on the player's clock.
        duration: Length in seconds, or ``None`` where the file does not say.
        rate: Nominal frames per second, or ``None``; for display only, never for time.
        declared_frames: Number of frames that the header promises, 0 where it does not.
        time_base: Seconds per tick of the stream.
    """

    path: Path
    stream: int
    codec: str
    pixel_format: str
    coded_size: tuple[int, int]
    size: tuple[int, int]
    sample_aspect: Fraction
    rotation: int
    colour: Colour
    interlaced: bool
    has_alpha: bool
    start: Timestamp
    duration: float | None
    rate: Fraction | None
    declared_frames: int
    time_base: Fraction

    def __post_init__(self) -> None:
        if self.rotation not in (0, 90, 180, 270):
            raise ValueError(f"rotation must be 0, 90, 180 or 270, got {self.rotation}")
        if min(self.size) < 1:
            raise ValueError(f"a film's picture must be at least 1 x 1, got {self.size}")


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of one frame, as a struct of arrays, best score first.

    Attributes:
        boxes: float32 ``(n, 4)``, xyxy, pixels.
        scores: float32 ``(n,)``, in [0, 1].
        landmarks: float32 ``(n, 5, 2)``, xy, pixels; see the module's docstring.
    """

    boxes: Floats
    scores: Floats
    landmarks: Floats

    def __post_init__(self) -> None:
        n = len(self.scores)
        shapes = (self.boxes.shape, self.scores.shape, self.landmarks.shape)
        if shapes != ((n, 4), (n,), (n, 5, 2)):
            raise ValueError(f"faces need shapes (n, 4), (n,), (n, 5, 2); got {shapes}")

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Any) -> Faces:
        """Select faces by a boolean mask, a slice or an array of indices."""
        return Faces(self.boxes[index], self.scores[index], self.landmarks[index])

    @classmethod
    def empty(cls) -> Faces:
        """No face at all."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        )

    def shifted(self, dx: float, dy: float, scale: float = 1.0) -> Faces:
        """The same faces with every coordinate multiplied by ``scale``, then moved."""
        move = np.array([dx, dy], np.float32)
        return dataclasses.replace(
            self,
            boxes=(self.boxes * np.float32(scale) + np.tile(move, 2)).astype(np.float32),
            landmarks=(self.landmarks * np.float32(scale) + move).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Shot:
    """A run of frames between two transitions, ``[start, end)``.

    Attributes:
        start: Time of the first frame.
        end: Time of the first frame that no longer belongs to it.
        start_frame: Ordinal of the first frame in the order of presentation, from 0.
        end_frame: Ordinal of the first frame that no longer belongs to it.
        transition: How the shot begins: ``start`` (of the film), ``cut``, ``fade`` or
            ``dissolve``.
        extent: First and last frame ordinal of that transition, ``[first, last]``; for a
            cut both are ``start_frame``.
    """

    start: Timestamp
    end: Timestamp
    start_frame: int
    end_frame: int
    transition: Literal["start", "cut", "fade", "dissolve"] = "start"
    extent: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.end_frame < self.start_frame or self.end.exact < self.start.exact:
            raise ValueError(f"a shot must not end before it starts: {self}")
