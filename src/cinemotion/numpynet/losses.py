"""How wrong a network is, as one number with a derivative.

loss, grad = softmax_cross_entropy(logits, labels)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.numpynet.arrays import Array
from cinemotion.numpynet.layers.activations import softmax


def softmax_cross_entropy(
    logits: Array, targets: NDArray[np.integer] | Array, smoothing: float = 0
) -> tuple[float, Array]:
    """The mean cross-entropy between softmax(logits) and the targets.

    Softmax and logarithm are taken together: that neither overflows nor takes the logarithm of 0,
    and the derivative is simply prediction minus target.

    Args:
        logits: ``(n, k)``, any range.
        targets: Class numbers, integers ``(n,)``, or shares of classes ``(n, k)``, rows sum to 1.
        smoothing: The share of every target that is spread over all classes, 0 to 1.

    Returns:
        The loss in nats, and its derivative by the logits, ``(n, k)``.

    Raises:
        ValueError: The targets do not fit the logits.
    """
    shares = as_shares(targets, logits.shape[1]).astype(logits.dtype)
    if len(shares) != len(logits):
        raise ValueError(f"{len(logits)} predictions came with {len(shares)} targets")
    shares = shares * (1 - smoothing) + smoothing / logits.shape[1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -float(np.sum(shares * logs, dtype=np.float64)) / len(logits)
    grad: Array = (softmax(logits) - shares) / logits.dtype.type(len(logits))
    return loss, grad


def as_shares(targets: NDArray[np.integer] | Array, classes: int) -> Array:
    """Targets as shares of classes, ``(n, classes)``.

    Raises:
        ValueError: A class number is out of range, or there are other than ``classes`` shares.
    """
    if targets.ndim == 2:
        if targets.shape[1] != classes:
            raise ValueError(f"targets have {targets.shape[1]} classes, the network {classes}")
        return targets
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f"class numbers are integers, got {targets.dtype}; give shares as (n, k)")
    if targets.size and not 0 <= int(targets.min()) <= int(targets.max()) < classes:
        raise ValueError(
            f"class numbers are 0 to {classes - 1}, got {targets.min()} to {targets.max()}"
        )
    return np.eye(classes, dtype=np.float32)[targets]
