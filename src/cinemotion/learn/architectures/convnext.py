"""ConvNeXt Tiny without its top, of layers that every runtime has.

Liu et al. 2022, https://arxiv.org/abs/2201.03545. Keras' own has convolutions of as many groups
as channels, which TensorFlow computes through XLA alone and ``tf2onnx`` does not know; here they
are depthwise convolutions, which are the same sums.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

Shape = tuple[int, int, int]


def convnext(shape: Shape, weights: str | None) -> keras.Model:
    """Pictures ``(n, H, W, 3)`` of mean 0 and deviation 1 to maps ``(n, h, w, 768)``.

    Args:
        shape: Of a picture; sides of at least 32 pixels.
        weights: As ``keras.applications`` takes them.
    """
    return keras.applications.ConvNeXtTiny(
        include_top=False, weights=weights, input_shape=shape, include_preprocessing=False
    )


def with_depthwise(model: keras.Model) -> keras.Model:
    """The same network with depthwise convolutions, and the same weights."""
    made = keras.models.clone_model(model, clone_function=_depthwise)
    for old, new in zip(model.layers, made.layers, strict=True):
        values = old.get_weights()
        if isinstance(new, layers.DepthwiseConv2D):
            values[0] = values[0].swapaxes(2, 3)  # (7, 7, 1, C) to (7, 7, C, 1)
        new.set_weights(values)
    return made


def _depthwise(layer: Any) -> Any:
    if isinstance(layer, layers.Conv2D) and layer.groups > 1:
        return layers.DepthwiseConv2D(layer.kernel_size, padding=layer.padding, name=layer.name)
    return type(layer).from_config(layer.get_config())
