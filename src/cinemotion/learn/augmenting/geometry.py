"""Where a face is in its picture: turned, moved, nearer, seen from aside.

Keras' own layers, with limits that leave a face upright and in the picture. What comes in from
outside is mirrored, so that no black corner says that a picture was turned.
"""

from __future__ import annotations

from keras import layers, ops
from keras import random as draw

from cinemotion.learn.augmenting.base import Augmentation, Tensor, Wrapped

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
    """Seen from aside, every second picture."""
    return Wrapped(
        layers.RandomPerspective(factor=1.0, scale=scale, seed=seed), seed=seed, share=0.5
    )


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


def crop(*, seed: int) -> Augmentation:
    """A part of the picture, at least 0.8 of its sides, enlarged to its size."""
    return RandomCropResize(seed=seed)
