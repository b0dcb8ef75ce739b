"""Networks on disk: one ``.npz`` of plain arrays, and the layers as JSON text among them.

    save_network(net.layers, net.input_shape, net.seed, Path("net.npz"))
    saved = load_network(Path("net.npz"))

No pickle: reading a file from anywhere executes nothing of it.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.numpynet.arrays import Array, Shape
from cinemotion.numpynet.layers import LAYERS
from cinemotion.numpynet.layers.base import Layer

_FORMAT = 1
_CONFIG = "network.json"


@dataclass(frozen=True, slots=True)
class SavedNetwork:
    """What a file holds.

    Attributes:
        layers: Not built yet.
        input_shape: Of a picture.
        seed: Of the network.
        arrays: The weights and states, ``layer number/params|state/name``.
        path: The file, for messages.
    """

    layers: list[Layer]
    input_shape: Shape
    seed: int
    arrays: dict[str, Array]
    path: Path

    def put_weights(self, layers: Sequence[Layer]) -> None:
        """Put the weights into layers that were built.

        Raises:
            ValueError: One is missing or has another shape.
        """
        for key, holder, name in _places(layers):
            found = self.arrays.get(key)
            if found is None or found.shape != holder[name].shape:
                raise ValueError(
                    f"{self.path} holds {None if found is None else found.shape} for {key}, its "
                    f"layers need {holder[name].shape}; save the network again"
                )
            holder[name] = found


def save_network(layers: Sequence[Layer], input_shape: Shape, seed: int, path: Path) -> None:
    """Write a network into one file, in one step.

    Raises:
        ValueError: The file's name does not end in ``.npz``.
    """
    if path.suffix != ".npz":
        raise ValueError(f"a network is saved as .npz, got {path.name}")
    config = {
        "format": _FORMAT,
        "input_shape": list(input_shape),
        "seed": seed,
        "layers": [{"kind": type(layer).__name__, **layer.config()} for layer in layers],
    }
    arrays = {key: holder[name] for key, holder, name in _places(layers)}
    draft = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        text = np.frombuffer(json.dumps(config).encode(), np.uint8)
        np.savez(draft, allow_pickle=False, **{_CONFIG: text, **arrays})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load_network(path: Path) -> SavedNetwork:
    """Read what :func:`save_network` wrote.

    Raises:
        ValueError: It is not such a file, or of a format that is not known.
        OSError: It cannot be read.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        config = json.loads(arrays.pop(_CONFIG).tobytes())
        if config["format"] != _FORMAT:
            raise ValueError(f"format {config['format']}, this version reads {_FORMAT}")
        layers = [_layer(dict(entry)) for entry in config["layers"]]
        shape = tuple(config["input_shape"])
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} holds no network of numpynet: {error}") from error
    return SavedNetwork(layers, shape, config["seed"], arrays, path)


def _layer(entry: dict[str, Any]) -> Layer:
    kind = entry.pop("kind")
    if kind not in LAYERS:
        raise ValueError(f"no layer is called {kind!r}")
    as_tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    return LAYERS[kind](**as_tuples)


def _places(layers: Sequence[Layer]) -> list[tuple[str, dict[str, Array], str]]:
    """Every weight and state: its key in the file, and the dict and name that hold it."""
    return [
        (f"{i}/{part}/{name}", holder, name)
        for i, layer in enumerate(layers)
        for part, holder in (("params", layer.params), ("state", layer.state))
        for name in holder
    ]
