"""Classifiers to train: each is a Keras model that takes a picture as it is.

    model = open_model("compact", (48, 48), classes=7, seed=0)
    model(pictures)                 # logits (n, 7) of pictures (n, 48, 48, 3), 0 to 255
    open_model("transfer:squeezenet", (96, 96), classes=7, seed=0, weights="notop.h5")

What has to be done to a picture first (grey, range) is in the model, with the layers that Keras
ships, so that a saved file needs nothing of ours. To add one: a function here or under
``architectures/`` and a line in :data:`MODELS`; ``tests/contracts/test_models.py`` finds it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.core.hashing import hash_file
from cinemotion.core.registry import Registry
from cinemotion.core.weights import fetch_weight
from cinemotion.learn.extractors.arguments import refuse_argument
from cinemotion.learn.optional import needs

if TYPE_CHECKING:
    import keras

_NETS = "cinemotion.learn.architectures.nets"
_BACKBONES = "cinemotion.learn.architectures.backbones"

MODELS = Registry(
    "model",
    {
        "brief-cnn": f"{_NETS}:brief_cnn",
        "mini": f"{_NETS}:mini",
        "compact": f"{_NETS}:compact",
        "reference": f"{_NETS}:reference",
        "transfer": "cinemotion.learn.architectures.transfer:transfer",
    },
)

BACKBONES = Registry(
    "model for transfer:NAME",
    {
        "squeezenet": f"{_BACKBONES}:SQUEEZENET",
        "squeezenet-bn": f"{_BACKBONES}:SQUEEZENET_BN",
        "vgg16": f"{_BACKBONES}:VGG16",
        "resnet50": f"{_BACKBONES}:RESNET50",
        "mobilenetv3": f"{_BACKBONES}:MOBILENETV3",
        "efficientnetv2": f"{_BACKBONES}:EFFICIENTNETV2",
        "convnext": f"{_BACKBONES}:CONVNEXT",
        "face-resnet": f"{_BACKBONES}:FACE_RESNET",
        "face-resnet-small": f"{_BACKBONES}:FACE_RESNET_SMALL",
    },
)
"""What stands behind the colon of ``transfer:NAME``."""

PINNED = {"face-resnet": "dlib-identity", "face-resnet-small": "dlib-identity"}
"""Which of our own pinned files (``core/weights.py``) they start from, where it is not Keras'."""

IMAGENET, NO_WEIGHTS = "imagenet", "none"
"""Weights that are no file: those that Keras downloads, and random ones."""

_LEAST = 32  # pixels: below, the maps of the last stages vanish


def open_model(
    name: str, size: tuple[int, int], classes: int, *, seed: int, weights: str | None = None
) -> keras.Model:
    """A model with weights drawn from a seed, or with a head on one that was trained before.

    Args:
        name: One of :data:`MODELS`; ``transfer:NAME`` with one of :data:`BACKBONES`.
        size: Height and width of the pictures, at least 32.
        classes: How many logits come out, at least 2.
        seed: Of the weights and of dropout.
        weights: Of ``transfer:NAME``: a file in Keras' format without the top; ``none`` for
            random ones; without it, those of ImageNet, which Keras downloads, or the pinned ones.

    Raises:
        BadInputError: There is no such model, a number is too small, or it takes no weights.
        MissingExtraError: Keras is not installed.
        WeightsError: The weights cannot be had, or they are not those of every layer.
    """
    path = _check_weights(name, weights)
    if min(size) < _LEAST:
        raise BadInputError(f"{name} needs pictures of {_LEAST} pixels or more, got {size}")
    if classes < 2:
        raise BadInputError(f"a classifier needs at least 2 classes, got {classes}")
    kind, _, argument = name.partition(":")
    options: dict[str, Any] = {"seed": seed}
    with needs("keras", "train"):
        build = MODELS.load(kind)
        if is_transfer(name):
            backbone = BACKBONES.load(argument)
            given = weights if path is None else str(path)
            options |= {"name": argument, "backbone": backbone, "weights": given}
    model: Any = build((*size, 3), classes, **options)
    return model


def is_transfer(name: str) -> bool:
    """Whether a model is built on one that was trained before."""
    return name.partition(":")[0] == "transfer"


def hash_weights(name: str, weights: str | None) -> str | None:
    """SHA-256 of the file that a model starts from; ``None`` where it starts from no file.

    Raises:
        BadInputError: There is no such model, or it takes no weights.
        WeightsError: The file cannot be read.
    """
    path = _check_weights(name, weights)
    try:
        return None if path is None else hash_file(path)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror or error}") from error


def _check_weights(name: str, weights: str | None) -> Path | None:
    """The file that a model is to start from, if any; all that can be known without Keras."""
    kind, _, argument = name.partition(":")
    MODELS[kind]  # named in one line where it is unknown
    if is_transfer(name):
        BACKBONES[argument]
    else:
        refuse_argument(kind, argument)
    pinned = PINNED.get(argument)
    if weights is None and pinned is not None:
        return fetch_weight(pinned)
    if weights in (None, NO_WEIGHTS):
        return None
    if not is_transfer(name):
        raise BadInputError(f"{name} starts from random weights; only transfer:NAME takes others")
    if weights == IMAGENET and pinned is not None:
        raise BadInputError(
            f"{name} learned from faces, not from ImageNet; leave the weights out, or give "
            f"{NO_WEIGHTS!r} for random ones"
        )
    if weights == IMAGENET:
        return None
    path = Path(str(weights))
    if not path.is_file():
        raise WeightsError(
            f"there is no file of weights {path}; give Keras' own file of {argument} without the "
            f"top, {NO_WEIGHTS!r} for random weights, or nothing to download ImageNet's"
        )
    return path
