"""Augmentations that choose among others.

Keras' own RandAugment also inverts and solarises: a negative is no face of any film. These choose
among what is here.
"""

from __future__ import annotations

import keras
from keras import ops

from cinemotion.learn.augmenting.base import Augmentation, Tensor
from cinemotion.learn.augmenting.film import blur, cutout, grain, jpeg
from cinemotion.learn.augmenting.geometry import flip, rotation, shear, shift, zoom
from cinemotion.learn.augmenting.light import brightness, contrast, gamma

_MAKERS = (flip, rotation, shear, shift, zoom, brightness, contrast, gamma)
_FILM = (blur, cutout, grain, jpeg)


class Chosen(Augmentation):
    """So many changes for each picture, each drawn out of all; one of the draws is no change.

    All are worked out and one is taken: with pictures as small as ours that costs less than
    sorting them.

    Args:
        seed: Of what is drawn.
        count: Changes one after another.
    """

    def __init__(self, *, seed: int, count: int) -> None:
        super().__init__(seed=seed)
        makers = (*_MAKERS, *_FILM)
        self.rounds = [
            [make(seed=100 * seed + len(makers) * turn + i) for i, make in enumerate(makers)]
            for turn in range(count)
        ]
        for choice in (choice for turn in self.rounds for choice in turn):
            choice.share = 1.0

    def change(self, images: Tensor) -> Tensor:
        shape = (ops.shape(images)[0], 1, 1, 1)
        for choices in self.rounds:
            chosen = keras.random.randint(shape, 0, len(choices) + 1, seed=self.generator)
            out = images
            for i, choice in enumerate(choices):
                out = ops.where(chosen == i, choice(images, training=True), out)
            images = out
        return images


def randaugment(*, seed: int) -> Augmentation:
    """Two changes, drawn for each picture (after Cubuk et al. 2020)."""
    return Chosen(seed=seed, count=2)


def trivialaugment(*, seed: int) -> Augmentation:
    """One change, drawn for each picture (after Müller & Hutter 2021)."""
    return Chosen(seed=seed, count=1)
