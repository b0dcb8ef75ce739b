"""What a model of others takes: its size, its channels and their place, read off its shape.

    wanted = read_input((None, 48, 48, 1), "model.keras")
    wanted.batch(images)            # uint8 (n, 48, 48, 1)

Values stay 0 to 255: what a model wants done to them is a part of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image
from cinemotion.learn import canvas

FREE_SIDE = 224
"""Pixels, where a model takes any size: the side of our crops."""

_CHANNELS = (1, 3)


@dataclass(frozen=True, slots=True)
class ModelInput:
    """The input of a model.

    Attributes:
        size: Height and width, in pixels.
        channels: 1 (luma) or 3 (RGB).
        first: Whether the channels come before height and width.
    """

    size: canvas.Size
    channels: int
    first: bool

    def batch(self, images: Sequence[Image]) -> Image:
        """Pictures as the model takes them, uint8 ``(n, H, W, C)`` or ``(n, C, H, W)``."""
        if not images:
            return np.zeros((0, *self._shape), np.uint8)
        if self.channels == 1:
            pictures = np.stack([canvas.grey(image, self.size) for image in images])[..., None]
        else:
            pictures = np.stack([canvas.colour(image, self.size) for image in images])
        return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)) if self.first else pictures

    @property
    def _shape(self) -> tuple[int, int, int]:
        return (self.channels, *self.size) if self.first else (*self.size, self.channels)


def read_input(shape: Sequence[int | str | None], model: str) -> ModelInput:
    """Understand the shape of a model's input.

    Args:
        shape: Of the batch, ``(N, H, W, C)`` or ``(N, C, H, W)``; what is no number is free.
        model: The model's name, for messages.

    Raises:
        BadInputError: It is not the shape of pictures with one or three channels.
    """
    numbers = [side if isinstance(side, int) else None for side in shape]
    if len(numbers) == 4 and numbers[3] in _CHANNELS:
        _, height, width, channels = numbers
    elif len(numbers) == 4 and numbers[1] in _CHANNELS:
        _, channels, height, width = numbers
    else:
        raise BadInputError(
            f"{model} takes an input of shape {tuple(shape)}; needed is one of pictures, "
            "(N, H, W, C) or (N, C, H, W), of 1 or 3 channels"
        )
    assert channels is not None
    size = (height or FREE_SIDE, width or FREE_SIDE)
    return ModelInput(size, channels, first=numbers[3] not in _CHANNELS)
