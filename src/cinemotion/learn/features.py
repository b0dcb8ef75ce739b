"""Features: what turns a picture into a vector, by name.

    extractor = open_extractor("hog")               # or "onnx:model.onnx", "classic:flat", …
    vectors = extractor([crop, other])              # float32 (2, 1764)
    extractor.recipe                                # all that the numbers depend on, as JSON

A new kind is a class in a file of its own under ``extractors/`` and one line in
:data:`FEATURES`; ``tests/contracts/test_extractors.py`` then runs over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from cinemotion.core.registry import Registry
from cinemotion.core.types import Floats, Image

FEATURES = Registry(
    "feature extractor",
    {
        "classic": "cinemotion.learn.extractors.classic:Classic",
        "numpynet": "cinemotion.learn.extractors.numpynet:NumpyNet",
        "hog": "cinemotion.learn.extractors.hog:Hog",
        "lbp": "cinemotion.learn.extractors.lbp:Lbp",
        "pixels": "cinemotion.learn.extractors.pixels:Pixels",
        "keras": "cinemotion.learn.extractors.keras:Keras",
        "onnx": "cinemotion.learn.extractors.onnx:Onnx",
    },
)


class Extractor(Protocol):
    """Turns pictures into vectors: a function of their pixels alone, one by one or together."""

    @property
    def recipe(self) -> Mapping[str, Any]:
        """All that the numbers depend on, as JSON.

        ``name`` is that of the registry; then settings, versions of libraries, and the SHA-256
        of a model's file.
        """

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Compute the vectors of some pictures.

        Args:
            images: uint8 ``(H, W, 3)`` RGB, each of any size; they are not changed. Each is
                brought to the extractor's own size by area interpolation, whatever its shape.

        Returns:
            float32 ``(n, dimensions)``.
        """


def open_extractor(spec: str) -> Extractor:
    """Open what a name stands for.

    Args:
        spec: ``NAME`` or ``NAME:ARGUMENT``, as in ``hog``, ``classic:flat``,
            ``numpynet:model.npz``, ``keras:model.keras#pool``, ``onnx:model.onnx``.

    Raises:
        BadInputError: The name is unknown, the argument is missing or not understood, or a
            model's file cannot be used.
        MissingExtraError: An optional package is not installed.
    """
    name, _, argument = spec.partition(":")
    return cast("Extractor", FEATURES.load(name)(argument))
