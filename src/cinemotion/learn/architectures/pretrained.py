"""Backbones with the weights they are to have: all of them, or an error.

pretrained("squeezenet", SQUEEZENET, (96, 96, 3), None)             # ImageNet's, downloaded
pretrained("squeezenet", SQUEEZENET, (96, 96, 3), "notop.h5")       # a file's
pretrained("squeezenet", SQUEEZENET, (96, 96, 3), "none")           # random, as asked for
"""

from __future__ import annotations

import contextlib
import random
import sys
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np

from cinemotion.core.errors import WeightsError
from cinemotion.core.hashing import hash_file
from cinemotion.learn.architectures.backbones import Backbone
from cinemotion.learn.architectures.squeezenet import WEIGHTS_FILE, WEIGHTS_SHA256, Shape

# What Keras and h5py say of files that are damaged or of another network.
_FAILURES = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RuntimeError,
    zipfile.BadZipFile,
)

# What bits that flipped make of weights is as often larger as not; variances that normalisation
# has seen may be large.
_LARGEST, _LARGEST_STATISTIC = 1e4, 1e9


def pretrained(name: str, backbone: Backbone, shape: Shape, weights: str | None) -> keras.Model:
    """A backbone with its weights.

    Args:
        name: What people call it, for messages.
        backbone: What it is.
        shape: Of a picture, ``(H, W, 3)``.
        weights: A file that the backbone loads, in Keras' format, HDF5, without the top, or in
            dlib's; ``none`` for random weights; ``imagenet`` or ``None`` for those that Keras
            downloads and checks.

    Raises:
        WeightsError: They cannot be had, are damaged, or are not those of every layer.
    """
    with warnings.catch_warnings():
        # Keras warns of sizes that ImageNet did not have; the weights do not depend on them.
        warnings.simplefilter("ignore")
        state = random.getstate()
        bare = backbone.build(shape, None)
        if weights == "none":
            return backbone.finish(bare)
        if weights in (None, "imagenet"):
            random.setstate(state)  # so that a layer that is given nothing is the same again
            return backbone.finish(_downloaded(name, backbone, shape, bare))
        return backbone.finish(_loaded(name, backbone, bare, Path(str(weights))))


def _downloaded(name: str, backbone: Backbone, shape: Shape, bare: keras.Model) -> keras.Model:
    try:
        # Keras tells of downloads on the standard output, which is the caller's.
        with contextlib.redirect_stdout(sys.stderr):
            full = backbone.build(shape, "imagenet")
    except Exception as error:  # Keras raises a bare one where the network fails
        raise WeightsError(
            f"Keras could not get the ImageNet weights of {name}: {_line(error)}; download them "
            "elsewhere and give the file with --weights FILE, or ask for random ones with "
            "--weights none"
        ) from error
    for layer, other in zip(full.layers, bare.layers, strict=True):
        pairs = zip(layer.get_weights(), other.get_weights(), strict=True)
        # Some biases of ImageNet's may be zeros as new ones are; not all weights of a layer.
        if layer.weights and all(np.array_equal(*pair) for pair in pairs):
            raise WeightsError(
                f"the ImageNet weights of {name} have none for {layer.name}; update Keras"
            )
    return full


def _loaded(name: str, backbone: Backbone, bare: keras.Model, path: Path) -> keras.Model:
    advice = f"give Keras' own file of {name} without the top (…notop.h5), or --weights none"
    if path.name == WEIGHTS_FILE and hash_file(path) != WEIGHTS_SHA256:
        raise WeightsError(
            f"{path} has the name of keras-squeezenet's file and is another one or damaged: its "
            f"SHA-256 is not {WEIGHTS_SHA256[:16]}…; get it again, or rename it if it is your own"
        )
    for weight in bare.weights:
        # What the file leaves out stays no number, and is found below.
        weight.assign(np.full(weight.shape, np.nan, np.float32))
    try:
        backbone.load(bare, path)
    except _FAILURES as error:
        raise WeightsError(
            f"{path} does not hold the weights of {name}: {_line(error)}; {advice}"
        ) from error
    for weight in bare.weights:
        values = weight.numpy()
        if not np.isfinite(values).all():
            raise WeightsError(f"{path} has no weights for {weight.path} of {name}; {advice}")
        largest = float(np.abs(values).max())
        if largest > (_LARGEST if weight.trainable else _LARGEST_STATISTIC):
            raise WeightsError(
                f"{path} is damaged: a weight in {weight.path} of {name} is {largest:.3g}, as none "
                f"that was trained; {advice}"
            )
    return bare


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
