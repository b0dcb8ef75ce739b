"""Classifiers to train: each is a Keras model that takes a picture as it is.

    model = open_model("compact", (48, 48), classes=7, seed=0)
    model(pictures)                 # logits (n, 7) of pictures (n, 48, 48, 3), 0 to 255

What has to be done to a picture first (grey, range) is in the model, with the layers that Keras
ships, so that a saved file needs nothing of ours. To add one: a function here or under
``architectures/`` and a line in :data:`MODELS`; ``tests/contracts/test_models.py`` finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinemotion.core.errors import BadInputError
from cinemotion.core.registry import Registry
from cinemotion.learn.optional import needs

if TYPE_CHECKING:
    import keras

_NETS = "cinemotion.learn.architectures.nets"

MODELS = Registry(
    "model",
    {
        "brief-cnn": f"{_NETS}:brief_cnn",
        "mini": f"{_NETS}:mini",
        "compact": f"{_NETS}:compact",
        "reference": f"{_NETS}:reference",
    },
)

_LEAST = 32  # pixels: below, the maps of the last stages vanish


def open_model(name: str, size: tuple[int, int], classes: int, *, seed: int) -> keras.Model:
    """A model with weights drawn from a seed.

    Args:
        name: One of :data:`MODELS`.
        size: Height and width of the pictures, at least 32.
        classes: How many logits come out, at least 2.
        seed: Of the weights and of dropout.

    Raises:
        BadInputError: There is no such model, or a number is too small.
        MissingExtraError: Keras is not installed.
    """
    if min(size) < _LEAST:
        raise BadInputError(f"{name} needs pictures of {_LEAST} pixels or more, got {size}")
    if classes < 2:
        raise BadInputError(f"a classifier needs at least 2 classes, got {classes}")
    with needs("keras", "train"):
        build = MODELS.load(name)
    model: Any = build((*size, 3), classes, seed=seed)
    return model
