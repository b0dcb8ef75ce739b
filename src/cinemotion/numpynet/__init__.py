"""A convolutional network in NumPy, to use and to read.

    from cinemotion.numpynet import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, classic

    net = Sequential([Conv2D(16), ReLU(), MaxPool2D(), Flatten(), Dense(7)], (48, 48, 1))
    net.fit(x, labels, epochs=5)
    classic().features(pictures)              # the brief's network: predefined filters

Read ``layers/convolution.py``, then ``net.py``, then ``filters.py``. Pictures are float32
``(n, height, width, channels)``. Nothing here needs more than NumPy.
"""

from __future__ import annotations

from cinemotion.numpynet.layers import (
    ELU,
    GELU,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from cinemotion.numpynet.losses import softmax_cross_entropy
from cinemotion.numpynet.net import Sequential
from cinemotion.numpynet.optimisers import SGD, Adam, constant, cosine, steps
from cinemotion.numpynet.presets import classic
from cinemotion.numpynet.progress import ProgressBar
from cinemotion.numpynet.training import EpochReport, evaluate

__all__ = [
    "ELU",
    "GELU",
    "SGD",
    "Adam",
    "AvgPool2D",
    "BatchNorm2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "EpochReport",
    "Flatten",
    "GlobalAvgPool2D",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "ProgressBar",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "classic",
    "constant",
    "cosine",
    "evaluate",
    "softmax_cross_entropy",
    "steps",
]
