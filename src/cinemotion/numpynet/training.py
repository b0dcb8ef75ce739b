"""The training loop: batches in a random order, a step each, a report per epoch.

fit(net, x, labels, epochs=20, optimiser=Adam(1e-3), schedule=cosine(20),
    validation=(vx, vlabels), patience=5, on_epoch=ProgressBar())
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.losses import as_shares, softmax_cross_entropy
from cinemotion.numpynet.optimisers import Adam, Optimiser, Schedule, constant

if TYPE_CHECKING:
    from cinemotion.numpynet.net import Sequential

Augment = Callable[[Array, np.random.Generator], Array]
"""A batch, changed at random; the labels stay."""


@dataclass(frozen=True, slots=True)
class EpochReport:
    """How training stands after an epoch.

    Attributes:
        epoch: Its number, from 1.
        epochs: How many were asked for.
        loss: The mean over the epoch's batches, while the weights changed.
        accuracy: Of the same predictions, 0 to 1.
        val_loss: Of the validation part after the epoch; None without one.
        val_accuracy: Likewise.
        seconds: How long the epoch took, its validation included.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


def fit(
    net: Sequential,
    x: Array,
    targets: Array,
    *,
    epochs: int = 10,
    batch_size: int = 64,
    optimiser: Optimiser | None = None,
    schedule: Schedule | None = None,
    validation: tuple[Array, Array] | None = None,
    patience: int | None = None,
    augment: Augment | None = None,
    smoothing: float = 0,
    seed: int = 0,
    on_epoch: Callable[[EpochReport], None] | None = None,
) -> list[EpochReport]:
    """Train a network on pictures and targets.

    Args:
        net: Its output are logits (no softmax at the end).
        x: ``(n, H, W, C)``; converted batch by batch to the weights' type.
        targets: Class numbers, integers ``(n,)``, or shares of classes ``(n, k)``.
        epochs: At most so many.
        batch_size: Pictures in a step.
        optimiser: Adam by default.
        schedule: Of the learning rate, constant by default.
        validation: Pictures and targets that are not trained on.
        patience: Stop after so many epochs without a lower loss on the validation part, and put
            the weights of the best epoch back.
        augment: Changes each batch at random.
        smoothing: Of the targets; see :func:`.softmax_cross_entropy`.
        seed: Of the order and of ``augment``.
        on_epoch: Called after every epoch.

    Returns:
        The reports, one per epoch.

    Raises:
        ValueError: Numbers do not fit together, or the loss is no longer a number.
    """
    shares = as_shares(targets, _classes(net))
    if len(x) != len(shares) or not len(x):
        raise ValueError(f"need as many targets as pictures, got {len(shares)} for {len(x)}")
    if patience is not None and validation is None:
        raise ValueError("patience needs a validation part to look at")
    optimiser, schedule = optimiser or Adam(), schedule or constant()
    rng = np.random.default_rng(seed)
    reports: list[EpochReport] = []
    best = _Best(patience)
    for epoch in range(epochs):
        began = time.monotonic()
        loss, hits, seen = 0.0, 0.0, 0
        for batch, wanted in _batches(net, x, shares, batch_size, rng, augment):
            scale = schedule(epoch + seen / len(x))
            part_loss, part_hits = _step(net, batch, wanted, smoothing, optimiser, scale)
            loss, hits, seen = loss + part_loss, hits + part_hits, seen + len(batch)
        val_loss, val_accuracy = evaluate(net, *validation) if validation else (None, None)
        seconds = time.monotonic() - began
        means = loss / seen, hits / seen
        reports.append(EpochReport(epoch + 1, epochs, *means, val_loss, val_accuracy, seconds))
        if on_epoch:
            on_epoch(reports[-1])
        if best.should_stop(net, val_loss):
            break
    best.restore()
    return reports


def evaluate(net: Sequential, x: Array, targets: Array) -> tuple[float, float]:
    """Mean loss and accuracy on pictures that are not trained on."""
    logits = np.log(np.maximum(net.predict(x), np.finfo(np.float32).tiny))
    loss, _ = softmax_cross_entropy(logits, targets)
    return loss, _accuracy(logits, as_shares(targets, logits.shape[1]))


def _batches(
    net: Sequential,
    x: Array,
    shares: Array,
    size: int,
    rng: np.random.Generator,
    augment: Augment | None,
) -> Iterator[tuple[Array, Array]]:
    """Every picture once, in a random order, with its targets."""
    order = rng.permutation(len(x))
    for at in range(0, len(x), size):
        part = order[at : at + size]
        batch = x[part].astype(net.dtype, copy=False)
        yield (augment(batch, rng) if augment else batch), shares[part]


def _step(
    net: Sequential,
    batch: Array,
    shares: Array,
    smoothing: float,
    optimiser: Optimiser,
    scale: float,
) -> tuple[float, float]:
    """Forward, backward, weights; the batch's summed loss and hits before the step."""
    logits = net.forward(batch, training=True)
    loss, grad = softmax_cross_entropy(logits, shares, smoothing)
    if not math.isfinite(loss):
        raise ValueError(f"the loss became {loss}; use a lower learning rate")
    net.backward(grad)
    optimiser.step(net.layers, scale)
    return loss * len(batch), _accuracy(logits, shares) * len(batch)


class _Best:
    """The best epoch so far, by loss on the validation part, and its weights."""

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._loss = math.inf
        self._since = 0
        self._weights: list[tuple[dict[str, Array], dict[str, Array]]] = []

    def should_stop(self, net: Sequential, loss: float | None) -> bool:
        """Note an epoch's loss; whether there were enough without a better one."""
        if self._patience is None or loss is None:
            return False
        self._since += 1
        if loss < self._loss:
            self._loss, self._since = loss, 0
            self._weights = [
                ({k: a.copy() for k, a in holder.items()}, holder)
                for layer in net.layers
                for holder in (layer.params, layer.state)
            ]
        return self._since >= self._patience

    def restore(self) -> None:
        """Put the best weights back, where they were kept."""
        for kept, holder in self._weights:
            holder.update(kept)


def _accuracy(logits: Array, shares: Array) -> float:
    return float(np.mean(logits.argmax(axis=1) == shares.argmax(axis=1)))


def _classes(net: Sequential) -> int:
    if len(net.output_shape) != 1 or net.output_shape[0] is None:
        raise ValueError(f"a classifier ends in a vector, this network in {net.output_shape}")
    return net.output_shape[0]
