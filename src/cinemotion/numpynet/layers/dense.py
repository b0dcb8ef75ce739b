"""The dense layer: every output is a weighted sum of every input."""

from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.base import Layer


class Dense(Layer):
    """``x @ weight + bias``.

    Args:
        units: How many numbers come out.
        bias: Whether there is a bias.

    Weights: ``weight`` ``(d, units)``, drawn after He et al. 2015, ``bias`` ``(units,)``, zero.

    Raises:
        ValueError: ``units`` is not positive.
    """

    def __init__(self, units: int, *, bias: bool = True) -> None:
        super().__init__()
        if units < 1:
            raise ValueError(f"Dense needs at least 1 unit, got {units}")
        self.units = units
        self.bias = bias

    def config(self) -> dict[str, Any]:
        return {"units": self.units, "bias": self.bias}

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        if len(shape) != 1 or shape[0] is None:
            raise ValueError(
                f"Dense takes vectors of a known length, got inputs of shape {shape}; put Flatten "
                "or GlobalAvgPool2D before it, and give the network's height and width"
            )
        drawn = rng.standard_normal((shape[0], self.units)) * np.sqrt(2 / shape[0])
        self.params = {"weight": drawn.astype(np.float32)}
        if self.bias:
            self.params["bias"] = np.zeros(self.units, np.float32)

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def forward(self, x: Array, training: bool = False) -> Array:
        if training:
            self._x = x
        out: Array = x @ self.params["weight"]
        if self.bias:
            out += self.params["bias"]
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        self.grads["weight"] = self._x.T @ grad
        if self.bias:
            self.grads["bias"] = grad.sum(axis=0)
        return grad @ self.params["weight"].T if need_input else None
