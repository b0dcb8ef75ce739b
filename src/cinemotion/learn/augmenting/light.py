"""How much light there is and how hard it is."""

from __future__ import annotations

from keras import ops

from cinemotion.learn.augmenting.base import Augmentation, Tensor


class Brightness(Augmentation):
    """Brighter or darker by up to so many of 255 levels.

    Args:
        seed: Of what is drawn.
        levels: At most.
    """

    def __init__(self, *, seed: int, levels: float = 40) -> None:
        super().__init__(seed=seed)
        self.levels = levels

    def change(self, images: Tensor) -> Tensor:
        return images + self.uniform(images, -self.levels, self.levels)


class Contrast(Augmentation):
    """Differences from the picture's mean, larger or smaller.

    Args:
        seed: Of what is drawn.
        factor: The largest; the smallest is one by it.
    """

    def __init__(self, *, seed: int, factor: float = 1.5) -> None:
        super().__init__(seed=seed)
        self.factor = factor

    def change(self, images: Tensor) -> Tensor:
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        strength = self.uniform(images, -1.0, 1.0)
        return mean + (images - mean) * ops.power(self.factor, strength)


class Gamma(Augmentation):
    """Middle tones up or down; black and white stay.

    Args:
        seed: Of what is drawn.
        factor: The largest exponent; the smallest is one by it.
    """

    def __init__(self, *, seed: int, factor: float = 1.6) -> None:
        super().__init__(seed=seed)
        self.factor = factor

    def change(self, images: Tensor) -> Tensor:
        exponent = ops.power(self.factor, self.uniform(images, -1.0, 1.0))
        return 255.0 * ops.power(ops.clip(images / 255.0, 1e-6, 1.0), exponent)


def brightness(*, seed: int) -> Augmentation:
    """Brighter or darker by up to 40 levels."""
    return Brightness(seed=seed)


def contrast(*, seed: int) -> Augmentation:
    """Contrast by 2/3 to 3/2."""
    return Contrast(seed=seed)


def gamma(*, seed: int) -> Augmentation:
    """Exponents from 1/1.6 to 1.6."""
    return Gamma(seed=seed)
