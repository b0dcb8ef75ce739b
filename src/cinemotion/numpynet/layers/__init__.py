"""The layers, a file for each kind, forward and backward side by side.

Start with ``convolution.py``; ``base.py`` says what a layer is. To add one: a class with
``forward`` and ``backward`` in a file here and a line in :data:`LAYERS`;
``tests/numpynet/test_gradients.py`` then compares its gradients with finite differences.
"""

from __future__ import annotations

from cinemotion.numpynet.layers.activations import (
    ELU,
    GELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from cinemotion.numpynet.layers.base import Layer
from cinemotion.numpynet.layers.convolution import Conv2D
from cinemotion.numpynet.layers.dense import Dense
from cinemotion.numpynet.layers.dropout import Dropout
from cinemotion.numpynet.layers.normalisation import BatchNorm2D
from cinemotion.numpynet.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from cinemotion.numpynet.layers.shape import Flatten

LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        *(Conv2D, Dense, BatchNorm2D, Dropout, Flatten),
        *(MaxPool2D, AvgPool2D, GlobalAvgPool2D),
        *(ReLU, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh, Softmax),
    )
}
"""Every kind of layer by the name that a saved network uses."""

__all__ = [
    "ELU",
    "GELU",
    "LAYERS",
    "AvgPool2D",
    "BatchNorm2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
