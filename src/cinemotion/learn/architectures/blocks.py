"""Parts of networks: what is done to a picture first, and residual blocks.

Every part is a function from a Keras tensor to another. Weights are drawn from seeds of their own,
counted up from the network's, so that a network of one seed is always the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import initializers, layers

Tensor = Any

LUMA = (0.299, 0.587, 0.114)  # BT.601
_CAFFE = (103.939, 116.779, 123.68)  # ImageNet's means of blue, green and red, 0 to 255
# The same of red, green and blue, and their deviations, 0 to 1, as others took them.
_STANDARD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_MEAN, _DEVIATION = 0.5, 0.25  # of faces in [0, 1], about


class Parts:
    """Makes the parts of one network.

    Args:
        seed: Of its weights.
    """

    def __init__(self, seed: int) -> None:
        self._seeds: Iterator[int] = itertools.count(10_000 * seed)

    def prepare(self, picture: Tensor) -> Tensor:
        """RGB in 0 to 255 as one grey channel of about mean 0 and deviation 1.

        Expressions are shapes; colour is the film's. The weights are fixed.
        """
        scale = 255 * _DEVIATION
        return self.as_luma(picture, mean=_MEAN * 255, scale=scale)

    def as_luma(self, picture: Tensor, *, mean: float, scale: float) -> Tensor:
        """RGB in 0 to 255 as its luma less ``mean``, by ``scale``. The weights are fixed."""
        grey = layers.Conv2D(1, 1, name="grey", trainable=False)
        out = grey(picture)
        kernel = keras.ops.reshape(keras.ops.convert_to_tensor(LUMA), (1, 1, 3, 1)) / scale
        grey.set_weights([kernel, keras.ops.full((1,), -mean / scale)])
        return out

    def as_caffe(self, picture: Tensor, *, grey: bool = False) -> Tensor:
        """RGB in 0 to 255 as BGR less the means of ImageNet, as Caffe gave it to its networks.

        The weights are fixed.

        Args:
            picture: ``(n, H, W, 3)``.
            grey: All three channels are the picture's luma: what learns from grey pictures alone
                is not to be misled by the colours of others.
        """
        kernel = np.tile(np.array(LUMA)[:, None], (1, 3)) if grey else np.eye(3)[::-1]
        turn = layers.Conv2D(3, 1, name="bgr", trainable=False)
        out = turn(picture)
        turn.set_weights([kernel.reshape(1, 1, 3, 3), -np.array(_CAFFE)])
        return out

    def as_standard(self, picture: Tensor) -> Tensor:
        """RGB in 0 to 255 as channels of mean 0 and deviation 1 over ImageNet."""
        means, deviations = _STANDARD
        scale = [1 / (255 * deviation) for deviation in deviations]
        offset = [-mean / deviation for mean, deviation in zip(means, deviations, strict=True)]
        return layers.Rescaling(scale, offset, name="standard")(picture)

    def convolution(
        self, x: Tensor, filters: int, size: int = 3, *, stride: int = 1, active: bool = True
    ) -> Tensor:
        """Convolution, batch normalisation and, where ``active``, ReLU."""
        x = layers.Conv2D(
            filters,
            size,
            stride,
            "same",
            use_bias=False,
            kernel_initializer=initializers.HeNormal(seed=next(self._seeds)),
        )(x)
        x = layers.BatchNormalization(momentum=0.95, epsilon=1e-3)(x)
        return layers.ReLU()(x) if active else x

    def residual(self, x: Tensor, filters: int, *, stride: int = 1) -> Tensor:
        """Two convolutions and a way around them (He et al. 2016), channels weighed at the end."""
        way = x
        if stride > 1 or x.shape[-1] != filters:
            way = layers.AveragePooling2D(stride, padding="same")(x) if stride > 1 else x
            way = self.convolution(way, filters, 1, active=False)
        x = self.convolution(x, filters, stride=stride)
        x = self.convolution(x, filters, active=False)
        return layers.ReLU()(layers.Add()([way, self.weigh(x)]))

    def weigh(self, x: Tensor) -> Tensor:
        """Channels by how much the whole picture wants them (squeeze and excitation, Hu 2018)."""
        filters = x.shape[-1]
        weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
        weights = self.mix(weights, max(8, filters // 8), "relu")
        return layers.Multiply()([x, self.mix(weights, filters, "sigmoid")])

    def mix(self, x: Tensor, units: int, activation: str) -> Tensor:
        """A dense layer over the channels of ``(n, 1, 1, C)``."""
        made = initializers.GlorotUniform(seed=next(self._seeds))
        return layers.Conv2D(units, 1, activation=activation, kernel_initializer=made)(x)

    def classify(self, x: Tensor, classes: int, *, dropout: float) -> Tensor:
        """Means of the channels, dropout, and logits."""
        x = layers.GlobalAveragePooling2D(name="features")(x)
        return self.logits(x, classes, dropout=dropout)

    def dense(self, x: Tensor, units: int) -> Tensor:
        """A dense layer with ReLU."""
        made = initializers.HeNormal(seed=next(self._seeds))
        return layers.Dense(units, activation="relu", kernel_initializer=made)(x)

    def logits(self, x: Tensor, classes: int, *, dropout: float) -> Tensor:
        """Dropout and a dense layer without an activation."""
        x = layers.Dropout(dropout, seed=next(self._seeds))(x)
        made = initializers.GlorotUniform(seed=next(self._seeds))
        return layers.Dense(classes, kernel_initializer=made, name="logits")(x)
