"""SqueezeNet 1.1 without its top, as keras-squeezenet has it, which Keras itself does not ship.

Iandola et al. 2016, https://arxiv.org/abs/1602.07360; version 1.1 is the authors' own, with less
to compute. The weights are those of https://github.com/rcmalli/keras-squeezenet (MIT), whose
layers have the same names with a stroke, ``fire2/squeeze1x1``, which Keras 3 does not allow.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

Shape = tuple[int, int, int]

WEIGHTS_FILE = "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
WEIGHTS_URL = f"https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/{WEIGHTS_FILE}"
WEIGHTS_SHA256 = "17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da"

NEW = "_new"
"""Ends the names of layers of normalisation that ImageNet did not train: they have to learn."""

ENLARGED = 5 / 3
"""A face of 48 pixels becomes one of 80: time grows with the square."""

# Channels before and behind the fork of each fire module; None halves the sides.
_FIRES = ((16, 64), (16, 64), None, (32, 128), (32, 128), None)
_LAST_FIRES = ((48, 192), (48, 192), (64, 256), (64, 256))


def squeezenet(shape: Shape, weights: str | None) -> keras.Model:
    """Pictures ``(n, H, W, 3)``, BGR less the means of ImageNet, to maps ``(n, h, w, 512)``.

    Args:
        shape: Of a picture; sides of at least 32 pixels.
        weights: ``imagenet``, which Keras downloads and checks, or ``None`` for random ones.

    Raises:
        Exception: Keras could not download them; it has no type of its own for that.
    """
    picture = keras.Input(shape)
    model = keras.Model(picture, _Body("valid")(picture), name="squeezenet")
    if weights == "imagenet":
        file = keras.utils.get_file(
            WEIGHTS_FILE,
            WEIGHTS_URL,
            cache_subdir="models",
            file_hash=WEIGHTS_SHA256,
            hash_algorithm="sha256",
        )
        model.load_weights(file)
    return model


def normalised(model: keras.Model) -> keras.Model:
    """The same convolutions, each followed by batch normalisation, on larger pictures.

    SqueezeNet came before normalisation was usual, and learns slowly and at small rates without
    it. Its first two layers quarter the sides, which leaves little of a face of 48 pixels; so
    pictures are enlarged to :data:`ENLARGED` of their sides first, and borders are padded.

    Args:
        model: What :func:`squeezenet` made.
    """
    picture = keras.Input(model.input_shape[1:])
    height, width = (round(side * ENLARGED) for side in model.input_shape[1:3])
    # Not the layer Resizing: it has the layers behind it think that they are in training.
    x = keras.ops.image.resize(picture, (height, width))
    grown = keras.Model(picture, _Body("same", norm=True)(x), name="squeezenet")
    for layer in model.layers:
        if layer.weights:
            grown.get_layer(layer.name).set_weights(layer.get_weights())
    return grown


class _Body:
    """The layers between a picture and the last maps.

    Args:
        padding: Of the convolution and the poolings that halve sides.
        norm: Whether batch normalisation follows each convolution.
    """

    def __init__(self, padding: str, *, norm: bool = False) -> None:
        self._padding = padding
        self._norm = norm

    def __call__(self, picture: Any) -> Any:
        x = self._convolution(picture, "conv1", 64, 3, 2, padding=self._padding)
        x = layers.MaxPooling2D(3, 2, padding=self._padding)(x)
        number = 2
        for fire in (*_FIRES, *_LAST_FIRES):
            if fire is None:
                x = layers.MaxPooling2D(3, 2, padding=self._padding)(x)
                continue
            x = self._fire(x, f"fire{number}", *fire)
            number += 1
        return x

    def _fire(self, x: Any, name: str, squeeze: int, expand: int) -> Any:
        x = self._convolution(x, f"{name}_squeeze1x1", squeeze, 1)
        small = self._convolution(x, f"{name}_expand1x1", expand, 1)
        wide = self._convolution(x, f"{name}_expand3x3", expand, 3)
        return layers.Concatenate(name=f"{name}_concat")([small, wide])

    def _convolution(
        self, x: Any, name: str, filters: int, size: int, stride: int = 1, padding: str = "same"
    ) -> Any:
        if not self._norm:
            return layers.Conv2D(filters, size, stride, padding, activation="relu", name=name)(x)
        x = layers.Conv2D(filters, size, stride, padding, name=name)(x)
        x = layers.BatchNormalization(momentum=0.95, name=name + NEW)(x)
        return layers.ReLU()(x)
