"""A network of NumPy's in Keras, and back: the same layers, the same weights, the same answers.

    model = to_keras(net)                    # keras.Sequential
    model.fit(...)
    net = from_keras(model)                  # numpynet's Sequential

A new layer of numpynet needs an entry in ``_MAKERS`` and, for the way back, in ``_READERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.learn.optional import needs
from cinemotion.numpynet import Sequential, layers

if TYPE_CHECKING:
    import keras


def to_keras(net: Sequential) -> keras.Sequential:
    """The same network in Keras, with copies of its weights.

    Raises:
        MissingExtraError: Keras is not installed.
    """
    with needs("keras", "train"):
        import keras
    made = [_MAKERS[type(layer).__name__](keras, layer) for layer in net.layers]
    model = keras.Sequential([keras.Input(net.input_shape), *made])
    for ours, theirs in zip(net.layers, made, strict=True):
        theirs.set_weights([*ours.params.values(), *ours.state.values()])
    return model


def from_keras(model: keras.Sequential, *, seed: int = 0) -> Sequential:
    """The same network in NumPy, with copies of its weights.

    Activations that are part of a Keras layer become layers of their own.

    Args:
        model: A built ``keras.Sequential`` in ``channels_last``.
        seed: Of the new network, for dropout.

    Raises:
        BadInputError: The model is not built, or has a layer or an option that numpynet lacks.
    """
    if not model.built or model.input_shape is None:
        raise BadInputError("the Keras model is not built; give it an Input or call it once")
    read: list[tuple[layers.Layer, list[Any]]] = []
    for theirs in model.layers:
        kind = type(theirs).__name__
        if kind == "InputLayer":
            continue
        if kind not in _READERS:
            raise BadInputError(
                f"numpynet has nothing for Keras' {kind} ({theirs.name}); there are: "
                f"{', '.join(sorted(_READERS))}"
            )
        read.append((_READERS[kind](theirs), theirs.get_weights()))
        activation = getattr(theirs, "activation", None)
        if kind not in ("Activation", "ReLU") and activation is not None:
            name = activation.__name__
            if name != "linear":
                read.append((_activation(name, theirs.name), []))
    net = Sequential([layer for layer, _ in read], model.input_shape[1:], seed=seed)
    for layer, weights in read:
        holders = [(h, name) for h in (layer.params, layer.state) for name in h]
        for (holder, name), weight in zip(holders, weights, strict=True):
            holder[name] = np.asarray(weight, np.float32)
    return net


def _pool(keras: Any, kind: str, layer: Any) -> Any:
    return getattr(keras.layers, kind)(layer.size, layer.stride, layer.padding)


def _activated(name: str) -> Callable[[Any, Any], Any]:
    return lambda keras, layer: keras.layers.Activation(name)


_MAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "Conv2D": lambda keras, n: keras.layers.Conv2D(
        n.filters, n.kernel, n.stride, n.padding, groups=n.groups, use_bias=n.bias
    ),
    "Dense": lambda keras, n: keras.layers.Dense(n.units, use_bias=n.bias),
    "BatchNorm2D": lambda keras, n: keras.layers.BatchNormalization(
        momentum=n.momentum, epsilon=n.epsilon
    ),
    "Dropout": lambda keras, n: keras.layers.Dropout(n.rate),
    "Flatten": lambda keras, n: keras.layers.Flatten(),
    "GlobalAvgPool2D": lambda keras, n: keras.layers.GlobalAveragePooling2D(),
    "MaxPool2D": lambda keras, n: _pool(keras, "MaxPooling2D", n),
    "AvgPool2D": lambda keras, n: _pool(keras, "AveragePooling2D", n),
    "LeakyReLU": lambda keras, n: keras.layers.LeakyReLU(n.slope),
    "GELU": lambda keras, n: keras.layers.Activation(_gelu(keras)),
    "ReLU": _activated("relu"),
    "ELU": _activated("elu"),
    "SiLU": _activated("silu"),
    "Sigmoid": _activated("sigmoid"),
    "Tanh": _activated("tanh"),
    "Softmax": _activated("softmax"),
}

_ACTIVATIONS: dict[str, Callable[[], layers.Layer]] = {
    "relu": layers.ReLU,
    "elu": layers.ELU,
    "silu": layers.SiLU,
    "sigmoid": layers.Sigmoid,
    "tanh": layers.Tanh,
    "softmax": layers.Softmax,
    "gelu_tanh": layers.GELU,
}


def _convolution(theirs: Any) -> layers.Layer:
    if tuple(theirs.dilation_rate) != (1, 1):
        raise BadInputError(f"numpynet has no dilated convolutions ({theirs.name})")
    return layers.Conv2D(
        theirs.filters,
        tuple(theirs.kernel_size),
        stride=tuple(theirs.strides),
        padding=theirs.padding,
        groups=theirs.groups,
        bias=theirs.use_bias,
    )


def _normalisation(theirs: Any) -> layers.Layer:
    if not (theirs.center and theirs.scale):
        raise BadInputError(f"numpynet's BatchNorm2D has scale and shift ({theirs.name} has not)")
    return layers.BatchNorm2D(momentum=theirs.momentum, epsilon=theirs.epsilon)


def _relu(theirs: Any) -> layers.Layer:
    if theirs.max_value is not None or theirs.threshold:
        raise BadInputError(f"numpynet's ReLU has no other limit than 0 ({theirs.name})")
    slope = float(theirs.negative_slope)
    return layers.LeakyReLU(slope) if slope else layers.ReLU()


def _pooled(kind: type[layers.MaxPool2D | layers.AvgPool2D]) -> Callable[[Any], layers.Layer]:
    return lambda n: kind(tuple(n.pool_size), stride=tuple(n.strides), padding=n.padding)


_READERS: dict[str, Callable[[Any], layers.Layer]] = {
    "Conv2D": _convolution,
    "Dense": lambda n: layers.Dense(n.units, bias=n.use_bias),
    "BatchNormalization": _normalisation,
    "Dropout": lambda n: layers.Dropout(n.rate),
    "Flatten": lambda n: layers.Flatten(),
    "GlobalAveragePooling2D": lambda n: layers.GlobalAvgPool2D(),
    "MaxPooling2D": _pooled(layers.MaxPool2D),
    "AveragePooling2D": _pooled(layers.AvgPool2D),
    "ReLU": _relu,
    "LeakyReLU": lambda n: layers.LeakyReLU(float(n.negative_slope)),
    "Activation": lambda n: _activation(n.activation.__name__, n.name),
}


def _activation(name: str, where: str) -> layers.Layer:
    if name not in _ACTIVATIONS:
        raise BadInputError(
            f"numpynet has no activation {name!r} ({where}); there are: {', '.join(_ACTIVATIONS)}"
        )
    return _ACTIVATIONS[name]()


def _gelu(keras: Any) -> Callable[[Any], Any]:
    def gelu_tanh(x: Any) -> Any:
        return keras.ops.gelu(x, approximate=True)

    return gelu_tanh
