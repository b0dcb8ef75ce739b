"""The embedded example: two short films, composed on the fly from public-domain portraits.

    compose_demo_films(Path("demo/films"))

The portraits ship inside packages that we depend on anyway: scikit-image's ``astronaut``
(Eileen Collins, NASA) and Matplotlib's ``grace_hopper`` (U.S. Navy). The films have pans,
zooms, cuts and a fade, in two resolutions and at two frame rates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image as Pillow

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image

Picture = Callable[[float], Image]
"""A shot: its picture at time t in [0, 1]."""


def compose_demo_films(folder: Path) -> list[Path]:
    """Compose the two films of the demo; those that exist already are kept.

    Args:
        folder: Where to; made where it does not exist.

    Returns:
        The paths of the films.

    Raises:
        BadInputError: The folder cannot be written.
    """
    astronaut, hopper = portraits()
    wide = [
        (2.0, _move(astronaut, (640, 360), (0.35, 0.45, 0.30), (0.55, 0.30, 0.30))),
        (2.5, _move(hopper, (640, 360), (0.5, 0.40, 0.55), (0.5, 0.33, 0.30))),
        (2.0, _move(astronaut, (640, 360), (0.44, 0.28, 0.28), (0.44, 0.28, 0.28))),
    ]
    high = [
        (2.0, _move(astronaut, (1280, 720), (0.45, 0.30, 0.22), (0.45, 0.38, 0.45))),
        (2.0, _move(hopper, (1280, 720), (0.45, 0.30, 0.32), (0.55, 0.36, 0.32))),
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        films = [
            (folder / "demo-640x360.mp4", (640, 360), Fraction(24000, 1001), wide),
            (folder / "demo-1280x720.mp4", (1280, 720), Fraction(25), high),
        ]
        for path, size, rate, shots in films:
            if not path.exists():
                _encode(path, size, rate, _frames(rate, shots))
    except OSError as error:
        raise BadInputError(f"cannot write the demo's films to {folder}: {error}") from error
    return [path for path, _, _, _ in films]


def portraits() -> tuple[Image, Image]:
    """The two portraits: uint8 ``(H, W, 3)`` RGB each."""
    import skimage.data
    from matplotlib.cbook import get_sample_data

    with Pillow.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as file:
        hopper = np.asarray(file.convert("RGB"), np.uint8)
    return np.asarray(skimage.data.astronaut(), np.uint8), hopper


def _move(
    image: Image,
    size: tuple[int, int],
    start: tuple[float, float, float],
    end: tuple[float, float, float],
) -> Picture:
    """A camera move over a picture, from one framing to another.

    A framing is the centre (x, y) and half the width, all as shares of the picture's width and
    height; what lies outside is mirrored.
    """

    def picture(t: float) -> Image:
        smooth = t * t * (3 - 2 * t)  # eases in and out, as a dolly does
        x, y, half = np.array(start) + smooth * (np.array(end) - np.array(start))
        height, width = image.shape[:2]
        scale = size[0] / (2 * half * width)
        matrix = np.array(
            [
                [scale, 0, size[0] / 2 - scale * x * width],
                [0, scale, size[1] / 2 - scale * y * height],
            ],
            np.float32,
        )
        moved = cv2.warpAffine(
            image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        return np.asarray(moved, np.uint8)

    return picture


def _frames(rate: Fraction, shots: list[tuple[float, Picture]]) -> Iterator[Image]:
    """All frames of a film: hard cuts, but a fade through black before its last shot."""
    fade = round(rate * Fraction(1, 2))
    for number, (seconds, picture) in enumerate(shots):
        n = round(rate * Fraction(seconds))
        for i in range(n):
            light = 1.0
            if number == len(shots) - 1 and i < fade:
                light = i / fade
            if number == len(shots) - 2 and i >= n - fade:
                light = (n - 1 - i) / fade
            yield _darken(picture(i / (n - 1)), light)


def _darken(image: Image, light: float) -> Image:
    return np.asarray(image * np.float64(light), np.uint8)


def _encode(path: Path, size: tuple[int, int], rate: Fraction, frames: Iterator[Image]) -> None:
    draft = path.with_name(f".{path.name}")
    with av.open(str(draft), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "fast"})
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = size
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    draft.replace(path)
