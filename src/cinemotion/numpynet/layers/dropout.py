"""Dropout: in training, some numbers are left out, so that none is relied on alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.base import Layer


class Dropout(Layer):
    """Sets a share of the numbers to zero in training and scales up the rest.

    Srivastava et al. 2014, "inverted": outside training nothing happens, and the expected value
    is the same.

    Args:
        rate: The share, 0 or more and less than 1.

    Raises:
        ValueError: The rate is not in that range.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"a dropout rate is at least 0 and less than 1, got {rate}")
        self.rate = rate

    def config(self) -> dict[str, Any]:
        return {"rate": self.rate}

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        # A generator of its own: what is left out depends on the network's seed and nothing else.
        self._rng = np.random.default_rng(rng.integers(2**63))

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training:
            return x
        kept = self._rng.random(x.shape, dtype=np.float32) >= self.rate
        self._mask: Array = kept * x.dtype.type(1 / (1 - self.rate))
        out: Array = x * self._mask
        return out

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        out: Array = grad * self._mask
        return out
