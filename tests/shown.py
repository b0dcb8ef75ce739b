"""A frozen version whose classes can be told apart at once, for tests of training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cinemotion.core.types import Image
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.versions import Version
from frozen import Sample, frozen

PLACES: Mapping[str, tuple[int, int]] = {"happy": (2, 2), "sad": (18, 2), "neutral": (10, 18)}
"""Where each class has its bright square, in pictures of 32 pixels."""


def shown(label: str, seed: int) -> Image:
    """A picture of a class: noise, and a bright square where the class has it."""
    image = np.random.default_rng(seed).integers(0, 120, (32, 32, 3), np.uint8)
    y, x = PLACES[label]
    image[y : y + 12, x : x + 12] = 230
    return image


def told_apart(path: Path, *, each: int = 24, classes: int = 3, film: bool = False) -> Version:
    """A version with so many pictures of each class: two thirds to train, and a sixth a side."""
    samples = []
    for at, label in enumerate(list(PLACES)[:classes]):
        for i in range(each):
            side = "train" if i % 6 < 4 else "val" if i % 6 == 4 else "test"
            samples.append(
                Sample(
                    f"{label}{i}.png",
                    encode_image(shown(label, 1000 * at + i), "png"),
                    {label: 8, "unknown": i % 3} if i % 3 else {label: 8},
                    side,
                    film=f"{side}{i // 6 % 2}" if film else None,
                )
            )
    return frozen(path, samples)
