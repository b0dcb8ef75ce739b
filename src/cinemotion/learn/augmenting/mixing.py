"""Augmentations of pictures and labels together: two pictures in one, their labels shared.

    mix = CutMix(alpha=1.0, share=0.5)
    images, shares = mix(images, shares, np.random.default_rng(0))

They work on NumPy batches before these reach a model, whatever backend it runs on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

Mix = Callable[[NDArray[Any], Floats, np.random.Generator], tuple[NDArray[Any], Floats]]
"""Pictures and shares of classes, before and after."""


@dataclass(frozen=True, slots=True)
class MixUp:
    """A weighted mean of two pictures and of their labels (Zhang et al. 2018).

    Attributes:
        alpha: Of the Beta distribution that weights come from; larger mixes more evenly.
        share: Of the batches that are mixed.
    """

    alpha: float = 0.2
    share: float = 0.5

    def __call__(
        self, images: NDArray[np.generic], shares: Floats, rng: np.random.Generator
    ) -> tuple[NDArray[np.generic], Floats]:
        """Mix each picture with another one of its batch.

        Args:
            images: uint8 or float ``(n, H, W, C)``, 0 to 255.
            shares: Of classes, float32 ``(n, k)``, rows sum to 1.
            rng: What is drawn.
        """
        if rng.random() >= self.share:
            return images, shares
        weight = float(rng.beta(self.alpha, self.alpha))
        other = rng.permutation(len(images))
        mixed = images.astype(np.float32)
        mixed = weight * mixed + (1 - weight) * mixed[other]
        if np.issubdtype(images.dtype, np.integer):
            mixed = np.rint(mixed)
        return mixed.astype(images.dtype), weight * shares + (1 - weight) * shares[other]


@dataclass(frozen=True, slots=True)
class CutMix:
    """A rectangle of another picture, and of its label as much (Yun et al. 2019).

    Attributes:
        alpha: Of the Beta distribution of the share that is kept.
        share: Of the batches that are mixed.
    """

    alpha: float = 1.0
    share: float = 0.5

    def __call__(
        self, images: NDArray[np.generic], shares: Floats, rng: np.random.Generator
    ) -> tuple[NDArray[np.generic], Floats]:
        """Put a rectangle of another picture of the batch into each; arguments as for MixUp."""
        if rng.random() >= self.share:
            return images, shares
        height, width = images.shape[1:3]
        side = np.sqrt(1 - rng.beta(self.alpha, self.alpha))
        y, x = rng.integers(height), rng.integers(width)
        half = np.array([height, width]) * side / 2
        top, left = max(0, round(y - half[0])), max(0, round(x - half[1]))
        bottom, right = min(height, round(y + half[0])), min(width, round(x + half[1]))
        other = rng.permutation(len(images))
        mixed = images.copy()
        mixed[:, top:bottom, left:right] = images[other, top:bottom, left:right]
        kept = 1 - (bottom - top) * (right - left) / (height * width)
        return mixed, kept * shares + (1 - kept) * shares[other]


MIXES: dict[str, Callable[[], Mix]] = {"mixup": MixUp, "cutmix": CutMix}
"""The mixes by name."""
