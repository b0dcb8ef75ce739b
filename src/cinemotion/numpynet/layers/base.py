"""What a layer is: a function with weights that knows its own derivative.

    layer = Dense(10)
    layer.build((32,), np.random.default_rng(0))
    y = layer.forward(x, training=True)     # keeps what backward needs
    dx = layer.backward(dy)                 # fills layer.grads
    layer.params["weight"] -= 0.1 * layer.grads["weight"]

Shapes are those of one sample, without the batch: ``(H, W, C)`` for maps, ``(d,)`` for vectors.
H and W may be None where a network takes pictures of any size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape


class Layer:
    """A layer without weights; the others fill :attr:`params` when they are built.

    Attributes:
        name: Given by the network, such as ``conv2d_1``.
        params: Weights by name, changed by training.
        grads: The loss' derivatives by the weights, of the same names and shapes.
        state: Arrays that are saved but not trained, such as running means.
    """

    def __init__(self) -> None:
        self.name = type(self).__name__.lower()
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.state: dict[str, Array] = {}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {}

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        """Make the weights for inputs of this shape, float32.

        Raises:
            ValueError: The layer does not take such inputs.
        """

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of what comes out for inputs of a shape."""
        return shape

    def forward(self, x: Array, training: bool = False) -> Array:
        """What comes out; in training, what :meth:`backward` needs is kept.

        Args:
            x: A batch, ``(n, *shape)``; it is not changed.
            training: Whether a backward pass follows, and whether the layer behaves as in
                training (dropout, batch statistics).
        """
        raise NotImplementedError

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        """From the loss' derivative by the output to that by the input; fills :attr:`grads`.

        Args:
            grad: Of the shape of the last output.
            need_input: Whether anyone asks for the derivative by the input; nobody does at the
                first layer.
        """
        raise NotImplementedError


def need_maps(layer: Layer, shape: Shape) -> int:
    """The number of channels of maps ``(H, W, C)``.

    Raises:
        ValueError: The shape is another.
    """
    if len(shape) != 3 or shape[2] is None:
        raise ValueError(
            f"{type(layer).__name__} takes maps (height, width, channels), got inputs of shape "
            f"{shape}; put it before Flatten and GlobalAvgPool2D"
        )
    return shape[2]
