"""What film does to a face: grain, soft focus, compression, grading, bars, night, a hand.

Training pictures are mostly clean photographs; crops of films are not.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from cinemotion.learn.augmenting.base import APART as _APART
from cinemotion.learn.augmenting.base import Augmentation, Tensor, Wrapped
from cinemotion.learn.augmenting.blocks import dct_matrix, quantisation

LUMA = (0.299, 0.587, 0.114)  # BT.601
_ALL = (1.0, 1.0)  # for Keras, 1.0 alone is a chance that is drawn itself


class Grain(Augmentation):
    """Noise of one strength for each picture, the same in all channels, as of silver grain.

    Args:
        seed: Of what is drawn.
        deviation: The largest, in levels of 255.
    """

    def __init__(self, *, seed: int, deviation: float = 14) -> None:
        super().__init__(seed=seed, share=0.3)
        self.deviation = deviation

    def change(self, images: Tensor) -> Tensor:
        shape = (*ops.shape(images)[:3], 1)
        noise = keras.random.normal(shape, seed=self.generator)
        return images + noise * self.uniform(images, 0.0, self.deviation)


class Blur(Augmentation):
    """Out of focus by an amount of its own for each picture: part of a Gaussian blur.

    Keras' own layer draws one strength for a whole batch.

    Args:
        seed: Of what is drawn.
        sigma: Of the whole blur, in pixels.
    """

    def __init__(self, *, seed: int, sigma: float = 1.2) -> None:
        super().__init__(seed=seed, share=0.25)
        self.sigma = sigma

    def change(self, images: Tensor) -> Tensor:
        blurred = ops.image.gaussian_blur(images, kernel_size=(7, 7), sigma=(self.sigma,) * 2)
        return images + (blurred - images) * self.uniform(images, 0.3, 1.0)


class Jpeg(Augmentation):
    """What JPEG's quantisation leaves of a picture, blocks and ringing and all.

    Blocks of 8 × 8 go through the cosine transform, are divided by the standard's luma table for
    a drawn quality, rounded, and back (ITU-T T.81, annex K; qualities as libjpeg counts them).
    Colour is not subsampled.

    Args:
        seed: Of what is drawn.
        quality: The lowest and the highest, 1 to 100.
    """

    def __init__(self, *, seed: int, quality: tuple[float, float] = (25, 90)) -> None:
        super().__init__(seed=seed, share=0.3)
        self.quality = quality

    def change(self, images: Tensor) -> Tensor:
        height, width, channels = images.shape[1:]
        down, right = -height % 8, -width % 8
        padded = ops.pad(images, ((0, 0), (0, down), (0, right), (0, 0)), mode="symmetric")
        rows, columns = (height + down) // 8, (width + right) // 8
        blocks = ops.reshape(padded - 128.0, (-1, rows, 8, columns, 8, channels))
        dct = ops.convert_to_tensor(dct_matrix(8))
        waves = ops.einsum("ux,nrxcyk,vy->nrckuv", dct, blocks, dct)
        qualities = ops.round(ops.reshape(self.uniform(images, *self.quality), (-1, 1, 1)))
        steps = quantisation(qualities)[:, None, None, None]
        waves = ops.round(waves / steps) * steps
        blocks = ops.einsum("ux,nrckuv,vy->nrxcyk", dct, waves, dct)
        whole = ops.reshape(blocks + 128.0, (-1, height + down, width + right, channels))
        return whole[:, :height, :width]


class Grading(Augmentation):
    """A colour cast, as a grade or old stock has it; grey pictures get a tint of nothing.

    Args:
        seed: Of what is drawn.
        factor: The least and most that a channel is multiplied by.
    """

    def __init__(self, *, seed: int, factor: tuple[float, float] = (0.75, 1.2)) -> None:
        super().__init__(seed=seed, share=0.5)
        self.factor = factor

    def change(self, images: Tensor) -> Tensor:
        if images.shape[-1] == 1:
            return images
        return images * self.uniform(images, *self.factor, channels=images.shape[-1])


class Desaturation(Augmentation):
    """Towards black and white, every third picture all the way."""

    def change(self, images: Tensor) -> Tensor:
        if images.shape[-1] == 1:
            return images
        grey = ops.sum(images * ops.convert_to_tensor(LUMA), axis=-1, keepdims=True)
        amount = ops.minimum(self.uniform(images, 0.0, 1.5), 1.0)
        return images + (grey - images) * amount


class Letterbox(Augmentation):
    """Black bars above and below, or left and right, one picture in ten.

    Args:
        seed: Of what is drawn.
        bar: The widest, by the picture's side.
    """

    def __init__(self, *, seed: int, bar: float = 0.14) -> None:
        super().__init__(seed=seed, share=0.1)
        self.bar = bar

    def change(self, images: Tensor) -> Tensor:
        height, width = images.shape[1:3]
        bar = self.uniform(images, 0.0, self.bar)
        y = ops.reshape(ops.cast(np.abs(np.linspace(-1, 1, height)), "float32"), (1, -1, 1, 1))
        x = ops.reshape(ops.cast(np.abs(np.linspace(-1, 1, width)), "float32"), (1, 1, -1, 1))
        across = self.uniform(images, 0.0, 1.0) < 0.7
        inside = ops.where(across, y < 1 - 2 * bar, x < 1 - 2 * bar)
        return images * ops.cast(inside, "float32")


class LowLight(Augmentation):
    """A night scene: darker by a power, with the noise that is then left, one picture in seven.

    Args:
        seed: Of what is drawn.
        exponent: The largest.
        deviation: Of the noise, in levels of 255.
    """

    def __init__(self, *, seed: int, exponent: float = 2.5, deviation: float = 6) -> None:
        super().__init__(seed=seed, share=0.15)
        self.exponent = exponent
        self.deviation = deviation

    def change(self, images: Tensor) -> Tensor:
        power = self.uniform(images, 1.2, self.exponent)
        dark = 255.0 * ops.power(ops.clip(images / 255.0, 1e-6, 1.0), power)
        noise = keras.random.normal(ops.shape(images), seed=self.generator)
        return dark + self.deviation * noise


def grain(*, seed: int) -> Augmentation:
    """Noise alike in all channels, three pictures in ten."""
    return Grain(seed=seed)


def blur(*, seed: int) -> Augmentation:
    """Out of focus, one picture in four: up to a Gaussian of 1.2 pixels."""
    return Blur(seed=seed)


def jpeg(*, seed: int) -> Augmentation:
    """JPEG's quantisation at qualities 25 to 90, three pictures in ten."""
    return Jpeg(seed=seed)


def desaturation(*, seed: int) -> Augmentation:
    """Towards black and white."""
    return Desaturation(seed=seed)


def grading(*, seed: int) -> Augmentation:
    """A colour cast, every second picture."""
    return Grading(seed=seed)


def letterbox(*, seed: int) -> Augmentation:
    """Black bars, one picture in ten."""
    return Letterbox(seed=seed)


def low_light(*, seed: int) -> Augmentation:
    """Dark and noisy, one picture in seven."""
    return LowLight(seed=seed)


def cutout(*, seed: int) -> Augmentation:
    """A rectangle of noise over up to an eighth of the picture, one in five."""
    layer = layers.RandomErasing(
        factor=_ALL, scale=(0.02, 0.125), value_range=(0, 255), seed=seed + _APART
    )
    return Wrapped(layer, seed=seed, share=0.2)
