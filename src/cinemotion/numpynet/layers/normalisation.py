"""Batch normalisation: channels get mean 0 and deviation 1 over a batch, then a scale to learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers.base import Layer
from cinemotion.numpynet.layers.channels import channel_products, channel_sums, scale_channels


class BatchNorm2D(Layer):
    """Normalises channels over a batch (Ioffe & Szegedy 2015).

    In training by the batch's own mean and variance, afterwards by running means of them. Takes
    vectors too.

    Args:
        momentum: The weight of what was in the running means, 0 to 1.
        epsilon: Added to the variance.

    Weights: ``scale`` and ``shift`` ``(C,)``. State: ``mean`` and ``variance`` ``(C,)``.

    Raises:
        ValueError: The momentum is out of range.
    """

    def __init__(self, *, momentum: float = 0.9, epsilon: float = 1e-3) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum is 0 to 1, got {momentum}")
        self.momentum = momentum
        self.epsilon = epsilon

    def config(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "epsilon": self.epsilon}

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        channels = shape[-1]
        if channels is None:
            raise ValueError(f"BatchNorm2D needs a known number of channels, got {shape}")
        self.params = {
            "scale": np.ones(channels, np.float32),
            "shift": np.zeros(channels, np.float32),
        }
        self.state = {
            "mean": np.zeros(channels, np.float32),
            "variance": np.ones(channels, np.float32),
        }

    def forward(self, x: Array, training: bool = False) -> Array:
        scale, shift = self.params["scale"], self.params["shift"]
        if not training:
            factor = scale / np.sqrt(self.state["variance"] + self.epsilon)
            return scale_channels(x, factor, shift - self.state["mean"] * factor)
        count = x.size // x.shape[-1]
        mean = channel_sums(x) / count
        centred = scale_channels(x, None, -mean)
        variance = channel_products(centred, centred) / count
        for name, now in (("mean", mean), ("variance", variance)):
            self.state[name] += (1 - self.momentum) * (now - self.state[name])
        self._inverse = 1 / np.sqrt(variance + self.epsilon)
        self._centred = centred
        return scale_channels(centred, scale * self._inverse, shift)

    def backward(self, grad: Array, need_input: bool = True) -> Array | None:
        # d/dx of (x - mean) / deviation, where mean and deviation depend on every x: the
        # derivative loses its own mean and what of it goes along with x.
        count = grad.size // grad.shape[-1]
        shift = channel_sums(grad)
        along = channel_products(grad, self._centred)
        self.grads = {"scale": along * self._inverse, "shift": shift}
        if not need_input:
            return None
        scale = self.params["scale"] * self._inverse
        out = scale_channels(grad, scale, -scale * shift / count)
        out -= scale_channels(
            self._centred, scale * self._inverse**2 * along / count, np.zeros_like(scale)
        )
        return out
