"""Features from a network that ``numpynet`` trained and saved.

    NumpyNet("net.npz")([crop])             # what its last Dense layer is given, as a row
    NumpyNet("net.npz#relu_2")([crop])      # the output of a layer, as a row

Pictures are float32 in [0, 1], in colour or grey as the network takes them. Without a layer's
name, the last ``Dense`` layer is taken for the head, and its input for the features; a network
without one gives its own output.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.learn.extractors.arguments import ModelFile, find_model
from cinemotion.learn.extractors.inputs import read_input
from cinemotion.numpynet import Dense, Sequential

_USAGE = "numpynet:MODEL.npz or numpynet:MODEL.npz#LAYER"


class NumpyNet:
    """A layer of a saved network, flattened.

    Args:
        argument: ``MODEL.npz``, or ``MODEL.npz#LAYER``.

    Raises:
        BadInputError: The file is missing or no network, has no such layer, or takes something
            else than pictures.
    """

    def __init__(self, argument: str) -> None:
        model = find_model(_USAGE, argument)
        try:
            self._network = Sequential.load(model.path)
        except (ValueError, OSError) as error:
            raise BadInputError(f"cannot use {model.path}: {error}") from error
        self._input = read_input((None, *self._network.input_shape), str(model.path))
        self._layer = _find_layer(self._network, model)
        height, width = self._input.size
        self.dimensions = self._vector(np.zeros((height, width, 3), np.uint8)).size
        self.recipe = {
            "name": "numpynet",
            "revision": 1,
            "model": model.sha256,
            "layer": self._layer,
            "size": list(self._input.size),
            "numpy": np.__version__,
            **canvas.RECIPE,
        }

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`."""
        found = np.empty((len(images), self.dimensions), np.float32)
        for row, image in enumerate(images):
            # One by one: matrix products of other sizes round otherwise (decision 13).
            found[row] = self._vector(image)
        return found

    def _vector(self, image: Image) -> Floats:
        picture = self._input.batch([image]).astype(np.float32) / np.float32(255)
        return np.asarray(self._network.features(picture, self._layer), np.float32).ravel()


def _find_layer(network: Sequential, model: ModelFile) -> str:
    """The name of the layer whose output is the features."""
    names = [layer.name for layer in network.layers]
    if model.layer:
        if model.layer not in names:
            raise BadInputError(
                f"{model.path} has no layer {model.layer!r}; there are: {', '.join(names)}"
            )
        return model.layer
    heads = [i for i, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    return names[heads[-1] - 1] if heads and heads[-1] > 0 else names[-1]
