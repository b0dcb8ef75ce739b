"""Networks that were trained on other pictures, of things or of faces, with a new head.

    model = transfer((96, 96, 3), 7, seed=0, name="squeezenet", backbone=SQUEEZENET, weights=None)
    freeze(model)                   # only the head learns
    thaw(model, 0.5)                # and then the upper half of the backbone

Batch normalisation that came with the backbone stays as it came: batches of a small dataset would
spoil it. Where it was put in anew (``squeezenet-bn``) it learns with the rest.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from cinemotion.core.dlibfile import SCALE
from cinemotion.learn.architectures.backbones import Backbone
from cinemotion.learn.architectures.blocks import Parts
from cinemotion.learn.architectures.faceresnet import GREY
from cinemotion.learn.architectures.pretrained import pretrained
from cinemotion.learn.architectures.squeezenet import NEW, Shape


def transfer(
    shape: Shape, classes: int, *, seed: int, name: str, backbone: Backbone, weights: str | None
) -> keras.Model:
    """A backbone, the means of its channels (``features``), dropout, and logits.

    Args:
        shape: Of a picture, ``(H, W, 3)``.
        classes: How many logits come out.
        seed: Of the head, and of random weights.
        name: What people call the backbone.
        backbone: What it is.
        weights: As :func:`pretrained` takes them.

    Raises:
        WeightsError: The weights cannot be had, or they are not those of every layer.
    """
    with _drawn_from(seed):
        body = pretrained(name, backbone, shape, weights)
    parts = Parts(seed)
    picture = keras.Input(shape, name="pictures")
    x = body(_prepared(parts, picture, backbone))
    return keras.Model(picture, parts.classify(x, classes, dropout=0.3), name=f"transfer-{name}")


def _prepared(parts: Parts, picture: Any, backbone: Backbone) -> Any:
    """RGB in 0 to 255 as the backbone takes it."""
    if backbone.takes == "levels":
        return picture
    if backbone.takes == "standard":
        return parts.as_standard(picture)
    if backbone.takes == "faces":
        return parts.as_luma(picture, mean=GREY, scale=SCALE)
    return parts.as_caffe(picture, grey=backbone.takes == "caffe, grey")


def freeze(model: keras.Model) -> None:
    """Let only the head learn."""
    _backbone(model).trainable = False


def thaw(model: keras.Model, share: float) -> None:
    """Let the head and a share of the backbone's layers learn, the one from the top.

    Args:
        model: Made by :func:`transfer`.
        share: Of the layers that have weights, batch normalisation apart; above 0, up to 1;
            at least one layer.
    """
    backbone = _backbone(model)
    backbone.trainable = True
    found = [layer for layer in _leaves(backbone) if layer.weights]
    learning = [layer for layer in found if not _came_normalised(layer)]
    count = max(1, round(share * len(learning)))
    kept = {id(layer) for layer in learning[-count:]}
    for layer in found:
        layer.trainable = id(layer) in kept


def _came_normalised(layer: Any) -> bool:
    return isinstance(layer, layers.BatchNormalization) and not layer.name.endswith(NEW)


def _backbone(model: keras.Model) -> keras.Model:
    [found] = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return found


def _leaves(model: Any) -> Iterator[Any]:
    """The layers of a model and of the models in it, from the pictures to the top."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


@contextlib.contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    """Let a seed decide what Keras' own builders draw: they take theirs from Python's generator."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
