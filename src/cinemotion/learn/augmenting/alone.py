"""Pictures changed each alone: what becomes of one depends on no other.

    changing = Alone("film")
    changing(image, ["any", "JSON", 1])       # uint8, the same shape; another key, another change

In a batch, what is drawn for a picture follows from its place and from all that was drawn before.
Here every generator of the policy is set anew for each picture, from a hash of its key.
"""

from __future__ import annotations

from typing import Any

import cv2
import keras
import numpy as np

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Floats, Image
from cinemotion.learn.augment import open_policy
from cinemotion.learn.augmenting.base import Tensor

# Where rounding is the same on all machines with the same libraries, more or less; a graphics
# card would round otherwise.
_DEVICE = "cpu:0"
_SHAPES = 8  # compiled at a time


class Policy(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The layers of a policy, always in training; compiled for pictures of one shape."""

    def __init__(self, steps: list[keras.layers.Layer]) -> None:
        super().__init__()
        self.steps = steps
        self.compile(jit_compile=False)  # takes longer to begin than most data sets take

    def call(self, images: Tensor) -> Tensor:
        """Float32 pictures ``(n, H, W, 3)``, changed."""
        for step in self.steps:
            images = step(images, training=True)
        return images


class Alone:
    """Changes pictures by a policy, one at a time.

    A graph is compiled for each shape, which takes up to a second and makes a change up to ten
    times as fast.

    Args:
        policy: One of ``learn.augment.POLICIES``.
    """

    def __init__(self, policy: str) -> None:
        with keras.device(_DEVICE):
            self._steps = open_policy(policy, seed=0)
        # A layer's variables are the states of its generators; there are no weights.
        self._states = [state for step in self._steps for state in step.variables]
        self._models: dict[tuple[int, ...], Policy] = {}

    def __call__(self, image: Image, key: Any, size: tuple[int, int] | None = None) -> Image:
        """A changed picture.

        Args:
            image: uint8 ``(H, W, 3)``, RGB.
            key: A JSON value that all chance follows from.
            size: Height and width to resize to before anything is changed, in pixels.

        Returns:
            uint8 ``(H, W, 3)``, or of that size.
        """
        floats = _resized(image.astype(np.float32), size)
        if self._steps:
            with keras.device(_DEVICE):
                for number, state in enumerate(self._states):
                    # 31 bits fit the seeds of every backend.
                    state.assign([int(hash_json([key, number])[:8], 16) >> 1, 0])
                floats = self._model(floats.shape).predict_on_batch(floats[None])[0]
        changed: Image = np.clip(np.rint(floats), 0, 255).astype(np.uint8)
        return changed

    def _model(self, shape: tuple[int, ...]) -> Policy:
        if shape not in self._models:
            if len(self._models) >= _SHAPES:
                self._models.clear()
            self._models[shape] = Policy(self._steps)
        return self._models[shape]


def _resized(image: Floats, size: tuple[int, int] | None) -> Floats:
    """As Keras' loader resizes the originals: bilinearly, without antialiasing."""
    if size is None or image.shape[:2] == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
