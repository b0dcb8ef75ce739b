"""The brief's network of predefined filters, and three ways to make its maps a vector.

    Classic("")([crop])             # spatial pyramid: float32 (1, 105)
    Classic("flat")([crop])         # every place of every map: float32 (1, 180)
    Classic("gap")([crop])          # the mean of every map: float32 (1, 5)

``first128`` is what the course project kept of the flattened maps of its pictures of 512 pixels: a
strip of the top edge. It is here to be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_bytes
from cinemotion.core.types import Floats, Image
from cinemotion.learn import canvas
from cinemotion.numpynet import classic
from cinemotion.numpynet.pooling import POOLINGS

SIDE = 64
"""Pixels; the three blocks leave maps of 6 × 6."""

_SIDES = {"first128": 512}  # as the course project had it; of 64 pixels it would be most of the map

_DEFAULT = "spp"
_POOL, _SEED = "max", 0


class Classic:
    """Pooled maps of the ``classic`` network, from RGB in [0, 1] at 64 × 64.

    For ``first128`` at 512 × 512.

    Args:
        argument: ``spp``, ``flat``, ``gap`` or ``first128``; empty for ``spp``.

    Raises:
        BadInputError: It is something else.
    """

    def __init__(self, argument: str) -> None:
        pooling = argument or _DEFAULT
        if pooling not in POOLINGS:
            raise BadInputError(
                f"classic:{argument} is not known; write classic:NAME with one of: "
                f"{', '.join(sorted(POOLINGS))}"
            )
        self._network = classic(_POOL, _SEED)
        self._pooling = POOLINGS[pooling]
        self._side = _SIDES.get(pooling, SIDE)
        weights = [w for layer in self._network.layers for w in layer.params.values()]
        self.recipe = {
            "name": "classic",
            "revision": 1,
            "side": self._side,
            "pool": _POOL,
            "pooling": pooling,
            "weights": hash_bytes(b"".join(weight.tobytes() for weight in weights)),
            "numpy": np.__version__,
            **canvas.RECIPE,
        }
        self.dimensions = self._vector(np.zeros((self._side, self._side, 3), np.uint8)).size

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute; see :class:`cinemotion.learn.features.Extractor`."""
        found = np.empty((len(images), self.dimensions), np.float32)
        for row, image in enumerate(images):
            # One by one: matrix products of other sizes round otherwise (decision 13).
            found[row] = self._vector(image)
        return found

    def _vector(self, image: Image) -> Floats:
        picture = canvas.colour(image, (self._side, self._side))[None].astype(
            np.float32
        ) / np.float32(255)
        return np.asarray(self._pooling(self._network.features(picture))[0], np.float32)
