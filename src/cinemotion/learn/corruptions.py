"""What films do to a face, done to pictures on purpose, to see how well a model bears it.

    corrupt = CORRUPTIONS["grain"]
    corrupt(image, np.random.default_rng(0))     # uint8 of the same shape

Each has one strength, near the worst that is common in films. Unlike the augmentations of
``augmenting/film.py``, which are drawn from nothing to such a strength, these are always at it;
they are other code, so that a model is not measured with what it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from cinemotion.core.types import Image

Corruption = Callable[[Image, np.random.Generator], Image]


def _clipped(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Image:
    out: Image = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return out


def blur(image: Image, random: np.random.Generator) -> Image:
    """Out of focus: a Gaussian of 3 % of the side."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(image.shape[:2]) * 0.03), np.uint8)


def motion(image: Image, random: np.random.Generator) -> Image:
    """Smeared along a line of a ninth of the side, in a direction that is drawn."""
    length = max(3, round(max(image.shape[:2]) / 9) | 1)
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), random.uniform(0, 180), 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


def grain(image: Image, random: np.random.Generator) -> Image:
    """Noise of 15 levels, alike in all channels."""
    return _clipped(image + random.normal(0, 15, (*image.shape[:2], 1)))


def jpeg(image: Image, random: np.random.Generator) -> Image:
    """JPEG of quality 15."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def low_light(image: Image, random: np.random.Generator) -> Image:
    """Night: a quarter of the light on a curve, and noise."""
    dark = 255 * (image / 255) ** 2.2 * 0.6
    return _clipped(dark + random.normal(0, 5, image.shape))


def bleach(image: Image, random: np.random.Generator) -> Image:
    """Overexposed: bright tones run into white."""
    return _clipped(image * 1.3 + 40.0)


def flat(image: Image, random: np.random.Generator) -> Image:
    """Faded stock: four tenths of the contrast."""
    return _clipped(image.mean() + (image - image.mean()) * 0.4)


def tint(image: Image, random: np.random.Generator) -> Image:
    """A strong colour cast, that is drawn."""
    return _clipped(image * random.uniform(0.55, 1.15, 3))


def small(image: Image, random: np.random.Generator) -> Image:
    """A face of 20 pixels, enlarged."""
    size = image.shape[1::-1]
    tiny = cv2.resize(image, (20, 20), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(tiny, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def hidden(image: Image, random: np.random.Generator) -> Image:
    """A grey bar over a quarter of the picture, from one side that is drawn."""
    out = np.rot90(image, turns := int(random.integers(4))).copy()
    out[: out.shape[0] // 4] = 110
    return np.rot90(out, -turns).copy()


def turned(image: Image, random: np.random.Generator) -> Image:
    """Turned by 15 degrees to one side that is drawn."""
    height, width = image.shape[:2]
    angle = 15.0 if random.random() < 0.5 else -15.0
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    out = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(out, np.uint8)


CORRUPTIONS: dict[str, Corruption] = {
    each.__name__: each
    for each in (blur, motion, grain, jpeg, low_light, bleach, flat, tint, small, hidden, turned)
}
"""The corruptions by name."""
