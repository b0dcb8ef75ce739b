"""The networks that are trained from nothing.

| name | weights | what |
|---|---|---|
| ``brief-cnn`` | 0.6 M at 48 px | the course project's: five blocks of convolution and pooling |
| ``mini`` | < 0.1 M | for quick comparisons |
| ``compact`` | < 1 M | the shipped one |
| ``reference`` | < 6 M | where there is a GPU |
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from cinemotion.learn.architectures.blocks import Parts

Shape = tuple[int, int, int]


def brief_cnn(shape: Shape, classes: int, *, seed: int) -> keras.Model:
    """Five blocks of convolution, batch normalisation, ReLU and pooling, and a dense layer."""
    parts = Parts(seed)
    picture = keras.Input(shape, name="pictures")
    x = parts.prepare(picture)
    for filters in (32, 64, 96, 128, 160):
        x = parts.convolution(x, filters)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Flatten(name="features")(x)
    x = parts.dense(layers.Dropout(0.3, seed=seed)(x), 128)
    return keras.Model(picture, parts.logits(x, classes, dropout=0.3), name="brief-cnn")


def mini(shape: Shape, classes: int, *, seed: int) -> keras.Model:
    """One residual block a stage."""
    return _residual("mini", shape, classes, widths=(16, 32, 64), blocks=(1, 1, 1), seed=seed)


def compact(shape: Shape, classes: int, *, seed: int) -> keras.Model:
    """Small enough to be trained on two cores in an hour or two, and to answer in milliseconds."""
    return _residual("compact", shape, classes, widths=(32, 80, 144), blocks=(1, 2, 2), seed=seed)


def reference(shape: Shape, classes: int, *, seed: int) -> keras.Model:
    """Wider and deeper."""
    widths = (64, 128, 256)
    return _residual("reference", shape, classes, widths=widths, blocks=(2, 3, 3), seed=seed)


def _residual(
    name: str,
    shape: Shape,
    classes: int,
    *,
    widths: Sequence[int],
    blocks: Sequence[int],
    seed: int,
) -> keras.Model:
    """A residual network: half the sides and more channels from stage to stage.

    One convolution sees the picture in full; the blocks begin at half its sides, and at a quarter
    above 64 pixels: at full resolution a block costs four times as much and adds little.
    """
    parts = Parts(seed)
    picture = keras.Input(shape, name="pictures")
    x = parts.convolution(parts.prepare(picture), widths[0], stride=2 if shape[0] > 64 else 1)
    x = layers.MaxPooling2D(2)(x)
    for stage, (filters, count) in enumerate(zip(widths, blocks, strict=True)):
        for block in range(count):
            x = parts.residual(x, filters, stride=2 if block == 0 and stage > 0 else 1)
    return keras.Model(picture, parts.classify(x, classes, dropout=0.3), name=name)
