"""Activations: what makes a network more than one matrix product.

    y = ReLU().forward(x)

Each is a function of every number by itself, or, for softmax, of the numbers of a sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.layers.base import Layer
from cinemotion.numpynet.memory import empty_like
from cinemotion.numpynet.threads import in_slices

_ROOT = float(np.sqrt(2 / np.pi))


class ReLU(Layer):
    """``max(x, 0)``; the derivative at 0 is 0."""

    def forward(self, x: Array, training: bool = False) -> Array:
        out = empty_like(x)
        in_slices(lambda part: np.maximum(x[part], 0, out=out[part]), *_along(x))
        if training:
            self._out = out
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        kept, out = self._out, empty_like(grad)
        in_slices(
            lambda part: np.multiply(grad[part], kept[part] > 0, out=out[part]), *_along(grad)
        )
        return out


class LeakyReLU(Layer):
    """``x`` above zero, ``slope * x`` below.

    Args:
        slope: Of the part below zero.
    """

    def __init__(self, slope: float = 0.3) -> None:
        super().__init__()
        self.slope = slope

    def config(self) -> dict[str, Any]:
        return {"slope": self.slope}

    def forward(self, x: Array, training: bool = False) -> Array:
        self._above = x > 0
        return np.where(self._above, x, self.slope * x)

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        return np.where(self._above, grad, self.slope * grad)


class ELU(Layer):
    """``x`` above zero, ``e^x - 1`` below (Clevert et al. 2016)."""

    def forward(self, x: Array, training: bool = False) -> Array:
        self._out: Array = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        return self._out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        return np.where(self._out > 0, grad, grad * (self._out + 1))


class GELU(Layer):
    """``x`` times the share of a normal distribution below it, by its tanh approximation.

    Hendrycks & Gimpel 2016; Keras' ``gelu(approximate=True)``.
    """

    def forward(self, x: Array, training: bool = False) -> Array:
        self._x = x
        self._tanh: Array = np.tanh(_ROOT * (x + 0.044715 * x**3))
        out: Array = 0.5 * x * (1 + self._tanh)
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        inner = _ROOT * (1 + 3 * 0.044715 * self._x**2)
        slope = 0.5 * (1 + self._tanh) + 0.5 * self._x * (1 - self._tanh**2) * inner
        out: Array = grad * slope
        return out


class SiLU(Layer):
    """``x * sigmoid(x)``, also called swish (Ramachandran et al. 2017)."""

    def forward(self, x: Array, training: bool = False) -> Array:
        self._x, self._gate = x, _sigmoid(x)
        out: Array = x * self._gate
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        out: Array = grad * self._gate * (1 + self._x * (1 - self._gate))
        return out


class Sigmoid(Layer):
    """``1 / (1 + e^-x)``."""

    def forward(self, x: Array, training: bool = False) -> Array:
        self._out = _sigmoid(x)
        return self._out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        out: Array = grad * self._out * (1 - self._out)
        return out


class Tanh(Layer):
    """The hyperbolic tangent."""

    def forward(self, x: Array, training: bool = False) -> Array:
        self._out: Array = np.tanh(x)
        return self._out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        out: Array = grad * (1 - self._out**2)
        return out


class Softmax(Layer):
    """Positive numbers that sum to 1 over the last axis.

    Not needed before the loss: cross-entropy takes what comes before it (``losses.py``).
    """

    def forward(self, x: Array, training: bool = False) -> Array:
        self._out = softmax(x)
        return self._out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        out: Array = self._out * (grad - np.sum(grad * self._out, axis=-1, keepdims=True))
        return out


def softmax(x: Array) -> Array:
    """``e^x / sum(e^x)`` over the last axis; large numbers do no harm."""
    # The largest becomes e^0: nothing overflows, and the ratio is the same.
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    out: Array = powers / powers.sum(axis=-1, keepdims=True)
    return out


def _sigmoid(x: Array) -> Array:
    # By tanh, which does not overflow on either side.
    out: Array = 0.5 * (1 + np.tanh(0.5 * x))
    return out


def _along(x: Array) -> tuple[int, int]:
    return len(x), x.size
