"""Networks that are ready to use without training.

net = classic()                                    # the brief's network
maps = net.features(pictures)                      # (n, H // 8, W // 8, 5)
"""

from __future__ import annotations

from cinemotion.numpynet.filters import bank, random_orthogonal
from cinemotion.numpynet.layers import AvgPool2D, Conv2D, Layer, MaxPool2D, ReLU
from cinemotion.numpynet.net import Sequential

POOLS = {"max": MaxPool2D, "average": AvgPool2D}


def classic(pool: str = "max", seed: int = 0, *, channels: int = 3, blocks: int = 3) -> Sequential:
    """The brief's network: blocks of convolution, ReLU and 2 × 2 pooling.

    The first block has the five filters of ``classic5``; the later ones draw five kernels at
    random, at right angles to each other.

    Args:
        pool: ``max`` or ``average``.
        seed: Of the later kernels.
        channels: Of the pictures: 3 for RGB, 1 for grey.
        blocks: How many.

    Returns:
        A network for float32 pictures in [0, 1] of any size from ``2 ** blocks`` pixels.

    Raises:
        ValueError: There is no such pooling.
    """
    if pool not in POOLS:
        raise ValueError(f"pool must be one of {', '.join(POOLS)}, got {pool!r}")
    weights = [bank("classic5", channels)]
    filters = weights[0].shape[3]
    weights += [
        random_orthogonal(filters, channels=filters, seed=seed + i) for i in range(1, blocks)
    ]
    layers: list[Layer] = []
    for _ in range(blocks):
        layers += [Conv2D(filters, padding="same", bias=False), ReLU(), POOLS[pool]()]
    net = Sequential(layers, (None, None, channels), seed=seed)
    for i, weight in enumerate(weights):
        net.layers[3 * i].params["weight"] = weight
    return net
