"""A network with one convolution, for tests of what goes on around a training.

Most of a short training is Keras' tracing of the network, so that these tests take as long as the
network is deep. This one has a weight of every kind that those we ship have: of a convolution, of
batch normalisation with its running statistics, of a dense layer, and dropout's seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cinemotion.learn.models import MODELS


def tiny(shape: tuple[int, int, int], classes: int, *, seed: int) -> Any:
    """Logits of pictures, 0 to 255, as every model gives them."""
    import keras

    from cinemotion.learn.architectures.blocks import Parts

    parts = Parts(seed)
    picture = keras.Input(shape, name="pictures")
    x = parts.convolution(parts.prepare(picture), 8)
    x = keras.layers.MaxPooling2D(4)(x)
    return keras.Model(picture, parts.classify(x, classes, dropout=0.3), name="tiny")


@contextmanager
def tiny_known() -> Iterator[None]:
    """``tiny`` is one of the models, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS._targets, "tiny", "tinynets:tiny")
        yield
