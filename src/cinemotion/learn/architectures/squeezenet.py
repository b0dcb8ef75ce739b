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
    x = layers.Conv2D(64, 3, 2, activation="relu", name="conv1")(picture)
    x = layers.MaxPooling2D(3, 2)(x)
    number = 2
    for fire in (*_FIRES, *_LAST_FIRES):
        if fire is None:
            x = layers.MaxPooling2D(3, 2)(x)
            continue
        x = _fire(x, f"fire{number}", *fire)
        number += 1
    model = keras.Model(picture, x, name="squeezenet")
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


def _fire(x: Any, name: str, squeeze: int, expand: int) -> Any:
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    small = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
    wide = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3")(x)
    return layers.Concatenate(name=f"{name}_concat")([small, wide])
