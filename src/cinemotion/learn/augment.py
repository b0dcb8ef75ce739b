"""Augmentations: pictures changed at random while a model is trained, and only then.

    augment = open_augmentation("rotation", seed=0)
    augment(batch, training=True)              # the same shape, type and range
    policy = open_policy("film", seed=0)       # several, one after another

Each is a Keras layer on batches ``(n, H, W, C)``, uint8 or float, 0 to 255. Outside training it
gives back what it got. The same seed gives the same changes, call by call. To add one: a function
that makes the layer, a line in :data:`AUGMENTATIONS`; ``tests/contracts/test_augmentations.py``
finds it by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinemotion.core.errors import BadInputError
from cinemotion.core.registry import Registry
from cinemotion.learn.optional import needs

if TYPE_CHECKING:
    import keras

_GEOMETRY = "cinemotion.learn.augmenting.geometry"
_LIGHT = "cinemotion.learn.augmenting.light"
_FILM = "cinemotion.learn.augmenting.film"
_AUTO = "cinemotion.learn.augmenting.automatic"

AUGMENTATIONS = Registry(
    "augmentation",
    {
        **{
            name: f"{_GEOMETRY}:{name}"
            for name in (
                *("rotation", "crop", "flip", "shift", "zoom", "shear", "perspective"),
                "jitter",
            )
        },
        **{name: f"{_LIGHT}:{name}" for name in ("brightness", "contrast", "gamma")},
        **{
            name: f"{_FILM}:{name}"
            for name in (
                *("grain", "blur", "jpeg", "desaturation", "grading"),
                *("letterbox", "low_light", "cutout"),
            )
        },
        **{name: f"{_AUTO}:{name}" for name in ("randaugment", "trivialaugment")},
    },
)
"""Every augmentation that changes pictures alone; MixUp and CutMix change labels too and are in
``augmenting/mixing.py``."""

POLICIES: dict[str, tuple[str, ...]] = {
    "none": (),
    "brief": ("rotation", "crop", "flip"),
    "light": ("flip", "jitter"),
    "film": (
        *("flip", "jitter", "gamma", "contrast"),
        *("blur", "grain", "jpeg", "low_light", "cutout"),
    ),
    "strong": (
        *("flip", "perspective", "jitter", "shear"),
        *("gamma", "contrast", "brightness", "grading", "blur", "grain", "jpeg", "letterbox"),
        *("low_light", "cutout"),
    ),
}
"""Augmentations by the name of their set, in the order in which they are done."""


def open_augmentation(name: str, *, seed: int) -> keras.layers.Layer:
    """The layer of an augmentation.

    Args:
        name: One of :data:`AUGMENTATIONS`.
        seed: Of what it draws.

    Raises:
        BadInputError: There is no such augmentation.
        MissingExtraError: Keras is not installed.
    """
    with needs("keras", "train"):
        layer: Any = AUGMENTATIONS.load(name)(seed=seed)
    return layer


def open_policy(name: str, *, seed: int) -> list[keras.layers.Layer]:
    """The layers of a policy, to be called one after another; each draws from a seed of its own.

    Raises:
        BadInputError: There is no such policy.
        MissingExtraError: Keras is not installed.
    """
    if name not in POLICIES:
        raise BadInputError(f"no policy {name!r}; there are: {', '.join(POLICIES)}")
    return [open_augmentation(each, seed=1000 * seed + i) for i, each in enumerate(POLICIES[name])]
