"""How weights follow their derivatives, and how fast.

    optimiser = Adam(rate=1e-3, weight_decay=1e-4)
    optimiser.step(net.layers, scale=cosine(epochs, warmup=1)(epoch))

A schedule gives the share of the learning rate for a moment in training, counted in epochs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.layers.base import Layer

Schedule = Callable[[float], float]
"""From epochs, with fractions, to the share of the learning rate."""


class Optimiser:
    """Changes the weights of layers; the rules differ.

    Args:
        rate: The learning rate.
        weight_decay: The share of every kernel that is taken away in a step at full rate
            (Loshchilov & Hutter 2019); biases and normalisation keep theirs.

    Raises:
        ValueError: The rate is not positive, or the decay negative.
    """

    def __init__(self, rate: float, *, weight_decay: float = 0) -> None:
        if not rate > 0 or weight_decay < 0:
            raise ValueError(f"needs rate > 0 and weight_decay >= 0, got {rate}, {weight_decay}")
        self.rate = rate
        self.weight_decay = weight_decay
        self._memory: dict[tuple[str, str], list[Array]] = {}
        self._steps = 0

    def step(self, layers: Iterable[Layer], scale: float = 1) -> None:
        """Change the weights in place.

        Args:
            layers: Built, with the derivatives of the last backward pass.
            scale: The schedule's share of the learning rate.
        """
        self._steps += 1
        rate = self.rate * scale
        for key, weight, grad in _weights(layers):
            if self.weight_decay and weight.ndim > 1:
                weight *= 1 - rate * self.weight_decay
            memory = self._memory.setdefault(key, [])
            weight -= rate * self._direction(memory, grad)

    def _direction(self, memory: list[Array], grad: Array) -> Array:
        raise NotImplementedError


class SGD(Optimiser):
    """Stochastic gradient descent with momentum.

    Args:
        rate: The learning rate.
        momentum: How much of the last step goes on, 0 to 1.
        weight_decay: See :class:`Optimiser`.
    """

    def __init__(
        self, rate: float = 0.01, *, momentum: float = 0.9, weight_decay: float = 0
    ) -> None:
        super().__init__(rate, weight_decay=weight_decay)
        self.momentum = momentum

    def _direction(self, memory: list[Array], grad: Array) -> Array:
        if not memory:
            memory.append(np.zeros_like(grad))
        speed = memory[0]
        speed *= self.momentum
        speed += grad
        return speed


class Adam(Optimiser):
    """Steps of about the same length for every weight (Kingma & Ba 2015).

    Args:
        rate: The learning rate.
        betas: How long the running means of the derivative and of its square last, 0 to 1.
        epsilon: Added to the root of the mean square.
        weight_decay: See :class:`Optimiser`; with it, this is AdamW.
    """

    def __init__(
        self,
        rate: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-7,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(rate, weight_decay=weight_decay)
        self.betas = betas
        self.epsilon = epsilon

    def _direction(self, memory: list[Array], grad: Array) -> Array:
        if not memory:
            memory += [np.zeros_like(grad), np.zeros_like(grad)]
        for mean, now, beta in zip(memory, (grad, np.square(grad)), self.betas, strict=True):
            mean += (1 - beta) * (now - mean)
        # The means began at zero; early on they are too small by a known share.
        first, second = (1 - beta**self._steps for beta in self.betas)
        step: Array = (memory[0] / first) / (np.sqrt(memory[1] / second) + self.epsilon)
        return step


def constant() -> Schedule:
    """The full rate at all times."""
    return lambda epoch: 1.0


def cosine(epochs: float, *, warmup: float = 0) -> Schedule:
    """Up in a straight line, then down along half a cosine to zero (Loshchilov & Hutter 2017).

    Args:
        epochs: When zero is reached.
        warmup: Epochs of the straight line.
    """

    def share(epoch: float) -> float:
        if epoch < warmup:
            return (epoch + 1e-9) / warmup
        done = min(1.0, (epoch - warmup) / max(epochs - warmup, 1e-9))
        return 0.5 * (1 + math.cos(math.pi * done))

    return share


def steps(every: float, *, factor: float = 0.1) -> Schedule:
    """A share of the rate before, every so many epochs.

    Args:
        every: Epochs between steps.
        factor: What is left after one.
    """
    return lambda epoch: float(factor ** (epoch // every))


def _weights(layers: Iterable[Layer]) -> Iterator[tuple[tuple[str, str], Array, Array]]:
    """Every weight with its derivative and a name of its own."""
    for layer in layers:
        for name, weight in layer.params.items():
            yield (layer.name, name), weight, layer.grads[name]
