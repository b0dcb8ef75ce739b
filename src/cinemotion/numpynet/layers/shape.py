"""From maps to vectors."""

from __future__ import annotations

import math

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.base import Layer, need_maps


class Flatten(Layer):
    """All numbers of a sample in one row, in their order in memory."""

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        need_maps(self, shape)

    def output_shape(self, shape: Shape) -> Shape:
        sizes = [size for size in shape if size is not None]
        return (math.prod(sizes) if len(sizes) == len(shape) else None,)

    def forward(self, x: Array, training: bool = False) -> Array:
        self._shape = x.shape
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        return grad.reshape(self._shape)
