"""What every augmentation shares: types, range, and to be nothing outside training.

    class Darker(Augmentation):
        def change(self, images):
            return images * self.uniform(images, 0.5, 1.0)

Pictures reach ``change`` as float32, 0 to 255.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any
"""Of whichever backend Keras runs on."""

APART = 500
"""Added to a seed for the layer inside :class:`Wrapped`: with the same seed, the pictures that are
chosen and what is done to them would follow from the same numbers."""


class Augmentation(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A change drawn anew for every picture.

    Args:
        seed: Of what is drawn.
        share: Of the pictures that are changed, 0 to 1.
    """

    def __init__(self, *, seed: int, share: float = 1.0) -> None:
        super().__init__(trainable=False, dtype="float32", autocast=False)
        self.share = share
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        """Nothing to be made: there are no weights."""
        self.built = True

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        """The pictures, changed in training; shape, type and range stay."""
        if not training:
            return images
        floats = ops.cast(images, "float32")
        changed = ops.clip(self.change(floats), 0.0, 255.0)
        if self.share < 1:
            drawn = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.generator)
            changed = ops.where(drawn < self.share, changed, floats)
        if keras.backend.is_int_dtype(images.dtype):
            changed = ops.round(changed)
        return ops.cast(changed, images.dtype)

    def change(self, images: Tensor) -> Tensor:
        """The pictures changed, float32 ``(n, H, W, C)``, 0 to 255; more or less is cut off."""
        raise NotImplementedError

    def uniform(self, images: Tensor, low: float, high: float, channels: int = 1) -> Tensor:
        """A number for each picture, ``(n, 1, 1, channels)``."""
        shape = (ops.shape(images)[0], 1, 1, channels)
        return keras.random.uniform(shape, low, high, seed=self.generator)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


class Wrapped(Augmentation):
    """One of Keras' own layers, kept to our terms.

    Args:
        layer: Takes float32 pictures, 0 to 255, and has a seed of its own.
        seed: Of the pictures that are chosen.
        share: Of the pictures that are changed.
    """

    def __init__(self, layer: keras.layers.Layer, *, seed: int, share: float = 1.0) -> None:
        super().__init__(seed=seed, share=share)
        self.layer = layer

    def change(self, images: Tensor) -> Tensor:
        return self.layer(images, training=True)
