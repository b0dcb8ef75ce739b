"""dlib's face network without its top, on pictures without colours.

A residual network that learned to tell three million faces apart (King 2017,
http://dlib.net; weights CC0): what changes in a face and what stays, it had to find out. Its
weights come with the package ``face_recognition_models``.

It saw faces of about 100 pixels, so that smaller ones are enlarged. Colours are left out as in
``squeezenet-bn``; then three equal channels go into its first convolution, and one does as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from cinemotion.core.dlibfile import BLOCKS, MEAN, SCALE, STEM, Convolution, read_dlib
from cinemotion.learn.architectures.squeezenet import Shape

ENLARGED = 7 / 3
"""A face of 48 pixels becomes one of 112."""

GREY = float(np.mean(MEAN))
"""What a grey picture is lessened by, before it is divided by :data:`SCALE`."""

_KERNEL = 7  # of the first convolution
_SMALL = 12  # blocks, of 14: those left out hold two fifths of the weights


def face_resnet(shape: Shape, weights: str | None) -> keras.Model:
    """Pictures ``(n, H, W, 1)``, lessened and divided, to maps ``(n, h, w, 256)``.

    Args:
        shape: Of a picture; sides of at least 32 pixels; the channels may be three, and are one.
        weights: ``None``: they are random, until :func:`load_faces` gives others.
    """
    return _build(shape, len(BLOCKS))


def face_resnet_small(shape: Shape, weights: str | None) -> keras.Model:
    """The same without its last two blocks."""
    return _build(shape, _SMALL)


def load_faces(model: keras.Model, path: Path) -> None:
    """Give a model of this module the weights in dlib's file.

    Raises:
        WeightsError: The file does not hold them.
    """
    network = read_dlib(path)
    stem = network.stem
    sums = stem.weights.sum(axis=(2, 3))  # (after, channel)
    # Of channels that are equal, the means of the three were taken; of the one, theirs.
    moved = (np.array(MEAN, np.float32) - np.float32(GREY)) / np.float32(SCALE)
    grey = Convolution(stem.weights.sum(axis=1, keepdims=True), stem.bias - sums @ moved)
    given = {"stem": grey}
    for number, block in enumerate(network.blocks):
        given |= {f"block{number}_first": block.first, f"block{number}_second": block.second}
    for layer in model.layers:
        if layer.weights:
            found = given[layer.name]
            layer.set_weights([found.weights.transpose(2, 3, 1, 0), found.bias])


def _build(shape: Shape, blocks: int) -> keras.Model:
    picture = keras.Input((*shape[:2], 1))
    height, width = (round(side * ENLARGED) for side in shape[:2])
    # Not the layer Resizing: it has the layers behind it think that they are in training.
    x = keras.ops.image.resize(picture, (height, width))
    x = layers.Conv2D(STEM, _KERNEL, 2, activation="relu", name="stem")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    for number, (filters, halves) in enumerate(BLOCKS[:blocks]):
        x = _block(x, f"block{number}", filters, halves=halves)
    return keras.Model(picture, x, name="face-resnet")


def _block(x: Any, name: str, filters: int, *, halves: bool) -> Any:
    """Two convolutions beside a short cut; sums of unlike shapes pad the smaller with zeros."""
    stride, padding = (2, "valid") if halves else (1, "same")
    first = layers.Conv2D(filters, 3, stride, padding, activation="relu", name=f"{name}_first")
    second = layers.Conv2D(filters, 3, 1, "same", name=f"{name}_second")
    if not halves:
        return layers.ReLU()(layers.Add()([second(first(x)), x]))
    short = layers.AveragePooling2D(2, 2)(x)
    found = second(first(_padded(x, (3, 3, 0))))  # a convolution needs three pixels
    wide = tuple(max(pair) for pair in zip(found.shape[1:], short.shape[1:], strict=True))
    return layers.ReLU()(layers.Add()([_padded(found, wide), _padded(short, wide)]))


def _padded(x: Any, least: tuple[int, ...]) -> Any:
    """Zeros after the last row, column and channel, up to so many in all."""
    missing = [max(0, wanted - size) for size, wanted in zip(x.shape[1:], least, strict=True)]
    if not any(missing):
        return x
    return keras.ops.pad(x, [[0, 0], *([0, count] for count in missing)])
