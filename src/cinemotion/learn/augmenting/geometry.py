"""Where a face is in its picture: turned, moved, nearer, seen from aside.

Keras' own layers, with limits that leave a face upright and in the picture. What comes in from
outside is mirrored, so that no black corner says that a picture was turned; only where a picture
is seen from aside Keras leaves no choice.
"""

from __future__ import annotations

import math

from keras import layers, ops
from keras import random as draw

from cinemotion.learn.augmenting.base import APART, Augmentation, Tensor, Wrapped

TURN = 15 / 360  # a circle is 1
_FILL = "reflect"


def rotation(*, seed: int, degrees: float = 15) -> Augmentation:
    """Turned by up to so many degrees."""
    return Wrapped(layers.RandomRotation(degrees / 360, fill_mode=_FILL, seed=seed), seed=seed)


def flip(*, seed: int) -> Augmentation:
    """Mirrored, every second picture: a face is about as likely to look left as right."""
    return Wrapped(layers.RandomFlip("horizontal", seed=seed), seed=seed)


def shift(*, seed: int, share_of_side: float = 0.08) -> Augmentation:
    """Moved up, down and aside."""
    layer = layers.RandomTranslation(share_of_side, share_of_side, fill_mode=_FILL, seed=seed)
    return Wrapped(layer, seed=seed)


def zoom(*, seed: int, factor: float = 0.12) -> Augmentation:
    """Nearer or farther, height and width alike."""
    layer = layers.RandomZoom(factor, fill_mode=_FILL, seed=seed)
    return Wrapped(layer, seed=seed)


def shear(*, seed: int, factor: float = 0.1) -> Augmentation:
    """Slanted."""
    layer = layers.RandomShear(factor, factor, fill_mode=_FILL, seed=seed)
    return Wrapped(layer, seed=seed)


def perspective(*, seed: int, scale: float = 0.15) -> Augmentation:
    """Seen from aside, every second picture; what comes in from outside is black."""
    layer = layers.RandomPerspective(factor=(1.0, 1.0), scale=scale, seed=seed + APART)
    return Wrapped(layer, seed=seed, share=0.5)


class RandomCropResize(Augmentation):
    """A part of the picture, enlarged to its size (Szegedy et al. 2015, kept near the whole).

    Args:
        seed: Of what is drawn.
        least: The side of the part by that of the picture.
    """

    def __init__(self, *, seed: int, least: float = 0.8) -> None:
        super().__init__(seed=seed)
        self.least = least

    def change(self, images: Tensor) -> Tensor:
        n, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        side = draw.uniform((n,), self.least, 1.0, seed=self.generator)
        top = draw.uniform((n,), seed=self.generator) * (1 - side) * (height - 1)
        left = draw.uniform((n,), seed=self.generator) * (1 - side) * (width - 1)
        zero = ops.zeros_like(side)
        # From a place in the result to the place in the picture: x' = side · x + left.
        matrix = ops.stack([side, zero, left, zero, side, top, zero, zero], axis=1)
        return ops.image.affine_transform(images, matrix, fill_mode="reflect")


class Jitter(Augmentation):
    """Turned, moved, nearer or farther and stretched at once, as an imperfect alignment leaves it.

    One resampling blurs less than one for each change.

    Args:
        seed: Of what is drawn.
        degrees: The largest turn.
        shift: The largest move in each direction, by the side.
        zoom: The largest factor is 1 + this, the smallest one by it.
        stretch: The same of width by height.
    """

    def __init__(
        self,
        *,
        seed: int,
        degrees: float = 12,
        shift: float = 0.07,
        zoom: float = 0.15,
        stretch: float = 0.06,
    ) -> None:
        super().__init__(seed=seed)
        self.degrees, self.shift = degrees, shift
        self.zoom, self.stretch = zoom, stretch

    def change(self, images: Tensor) -> Tensor:
        n, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]

        def drawn(most: float) -> Tensor:
            return draw.uniform((n,), -most, most, seed=self.generator)

        turn = drawn(self.degrees * math.pi / 180)
        factor = ops.exp(drawn(math.log1p(self.zoom)))
        ratio = ops.exp(drawn(math.log1p(self.stretch) / 2))
        cos, sin = ops.cos(turn) * factor, ops.sin(turn) * factor
        # From a place in the result to the place in the picture, around the middle.
        a, b, c, d = cos * ratio, -sin * ratio, sin / ratio, cos / ratio
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        x = middle_x - a * middle_x - b * middle_y + drawn(self.shift) * width
        y = middle_y - c * middle_x - d * middle_y + drawn(self.shift) * height
        zero = ops.zeros_like(turn)
        matrix = ops.stack([a, b, x, c, d, y, zero, zero], axis=1)
        return ops.image.affine_transform(images, matrix, fill_mode=_FILL)


def jitter(*, seed: int) -> Augmentation:
    """Turned by up to 12 degrees, moved by 0.07 of the side, scaled by 15 and stretched by 6 %."""
    return Jitter(seed=seed)


def crop(*, seed: int) -> Augmentation:
    """A part of the picture, at least 0.8 of its sides, enlarged to its size."""
    return RandomCropResize(seed=seed)
