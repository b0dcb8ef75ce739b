"""Features from any Keras model: what it makes of a picture before it decides on a class.

    Keras("faces.keras")([crop])            # what its last Dense layer is given, as a row
    Keras("faces.keras#pool")([crop])       # the output of a layer, as a row

Without a layer's name, the last ``Dense`` layer is taken for the head, and its input for the
features; a model without one gives its own output. Batches are filled up to one size, so that
a vector does not depend on what it is computed with.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import ModelFile, find_model
from cinemotion.learn.extractors.inputs import read_input
from cinemotion.learn.optional import needs

_USAGE = "keras:MODEL.keras or keras:MODEL.keras#LAYER"
_BATCH = 32
# What loading says of files that are damaged, of another kind, or hold code.
_FAILURES = (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile)


class Keras:
    """A layer of a Keras model, flattened.

    Args:
        argument: ``MODEL.keras`` (or ``.h5``), or ``MODEL.keras#LAYER``.

    Raises:
        BadInputError: The file is missing or no model, has no such layer, or takes something
            else than pictures.
        MissingExtraError: Keras or TensorFlow is not installed.
    """

    def __init__(self, argument: str) -> None:
        model = find_model(_USAGE, argument)
        keras = _need_keras()
        network = _load(keras, model)
        layer, tensor = _find_layer(keras, network, model)
        self._network = keras.Model(network.inputs, tensor)
        self._input = read_input(network.inputs[0].shape, str(model.path))
        self._kind = np.dtype(network.inputs[0].dtype)
        height, width = self._input.size
        self.dimensions = self._vectors([np.zeros((height, width, 3), np.uint8)]).shape[1]
        self.recipe = {
            "name": "keras",
            "revision": 1,
            "model": model.sha256,
            "layer": layer,
            "size": list(self._input.size),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            **canvas.RECIPE,
        }

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`."""
        found = np.empty((len(images), self.dimensions), np.float32)
        for at in range(0, len(images), _BATCH):
            found[at : at + _BATCH] = self._vectors(images[at : at + _BATCH])
        return found

    def _vectors(self, images: Sequence[Image]) -> Floats:
        given = self._input.batch(images).astype(self._kind)
        batch = np.zeros((_BATCH, *given.shape[1:]), self._kind)
        batch[: len(given)] = given
        found = np.asarray(self._network.predict_on_batch(batch), np.float32)
        return found.reshape(_BATCH, -1)[: len(given)]


def _need_keras() -> Any:
    with needs("keras with tensorflow", "train"):
        import keras
    return keras


def _load(keras: Any, model: ModelFile) -> Any:
    """A model with one input; code inside the file is not run."""
    try:
        network = keras.models.load_model(model.path, compile=False)
    except _FAILURES as error:
        line = " ".join(str(error).split())[:300]
        raise BadInputError(f"{model.path} is no Keras model that can be used: {line}") from error
    given = getattr(network, "inputs", None) or ()
    if len(given) != 1:
        raise BadInputError(
            f"{model.path} has {len(given)} inputs; needed is a model that was built, with one"
        )
    return network


def _find_layer(keras: Any, network: Any, model: ModelFile) -> tuple[str, Any]:
    """What the features are called, and the tensor that holds them."""
    layers = {layer.name: layer for layer in network.layers}
    if model.layer:
        if model.layer not in layers:
            raise BadInputError(
                f"{model.path} has no layer {model.layer!r}; its last ones: "
                f"{', '.join(list(layers)[-8:])}"
            )
        return model.layer, layers[model.layer].output
    heads = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    if heads:
        return f"input of {heads[-1].name}", heads[-1].input
    return "output", network.outputs[0]
