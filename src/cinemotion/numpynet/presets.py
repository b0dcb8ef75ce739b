"""Networks that are ready to use without training.

net = classic()                                    # the brief's network
maps = net.features(pictures)                      # 64 × 64 pixels → (n, 6, 6, 5)
"""

from __future__ import annotations

from cinemotion.numpynet.filters import bank, random_orthogonal
from cinemotion.numpynet.layers import AvgPool2D, Conv2D, Layer, MaxPool2D, ReLU
from cinemotion.numpynet.net import Sequential

POOLS = {"max": MaxPool2D, "average": AvgPool2D}


def classic(pool: str = "max", seed: int = 0, *, channels: int = 3, blocks: int = 3) -> Sequential:
    """The brief's network: blocks of convolution, ReLU and 2 × 2 pooling.

    The first block has the five filters of ``classic5``; the later ones draw five kernels at
    random, of mean zero and at right angles to each other. What the first block gives is mostly
    positive, and kernels with a mean would answer to that alone: all of a map or nothing of it.
    Nothing is padded, as zeros around a picture are its strongest edge.

    Args:
        pool: ``max`` or ``average``.
        seed: Of the later kernels.
        channels: Of the pictures: 3 for RGB, 1 for grey.
        blocks: How many.

    Returns:
        A network for float32 pictures in [0, 1] of any size; with three blocks, 22 pixels at
        least.

    Raises:
        ValueError: There is no such pooling.
    """
    if pool not in POOLS:
        raise ValueError(f"pool must be one of {', '.join(POOLS)}, got {pool!r}")
    weights = [bank("classic5", channels)]
    filters = weights[0].shape[3]
    weights += [
        random_orthogonal(filters, channels=filters, seed=seed + i, zero_mean=True)
        for i in range(1, blocks)
    ]
    layers: list[Layer] = []
    for _ in range(blocks):
        layers += [Conv2D(filters, bias=False), ReLU(), POOLS[pool]()]
    net = Sequential(layers, (None, None, channels), seed=seed)
    for i, weight in enumerate(weights):
        net.layers[3 * i].params["weight"] = weight
    return net
