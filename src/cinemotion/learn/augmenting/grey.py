"""One channel in place of three, and back: what is done to grey pictures need not be done thrice.

trainer = keras.Sequential([keras.Input((48, 48, 3)), Grey(), *policy, Repeat(), model])
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from cinemotion.learn.augmenting.base import Tensor
from cinemotion.learn.augmenting.film import LUMA


class Grey(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """The luma of RGB pictures: ``(n, H, W, 3)`` to ``(n, H, W, 1)``, float32, the same range."""

    def call(self, images: Tensor) -> Tensor:
        floats = ops.cast(images, "float32")
        return ops.sum(floats * ops.convert_to_tensor(LUMA), axis=-1, keepdims=True)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], 1)


class Repeat(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """The one channel of grey pictures three times: ``(n, H, W, 1)`` to ``(n, H, W, 3)``."""

    def call(self, images: Tensor) -> Tensor:
        return ops.repeat(images, 3, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], 3)
