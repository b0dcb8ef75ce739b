"""Who somebody is: faces as vectors that are near for one person and far for two.

    embedder = open_embedder("dlib")
    vectors = embedder(crops, landmarks)        # float32 (n, 128)

To add one: a class with :class:`Embedder`'s attributes in a file of its own and a line in
:data:`EMBEDDERS`; ``tests/contracts/test_embedders.py`` then runs over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cinemotion.core.registry import Registry
from cinemotion.core.types import Floats, Image

EMBEDDERS = Registry(
    "embedder",
    {
        "dlib": "cinemotion.faces.dlib_identity:DlibIdentity",
        "sface": "cinemotion.faces.sface:SFaceIdentity",
    },
)

NONE = "none"
"""No embedder: every track is a person of its own."""


class Embedder(Protocol):
    """Turns faces into vectors; each is a function of one crop and its landmarks."""

    @property
    def recipe(self) -> Mapping[str, Any]:
        """All that the numbers depend on, as JSON; ``name`` is that of the registry."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def limit(self) -> float:
        """The greatest mean Euclidean distance at which two tracks of a film are one person."""

    @property
    def limit_across(self) -> float:
        """The greatest distance of their means at which characters of two films are one person."""

    def __call__(self, crops: Sequence[Image], landmarks: Floats) -> Floats:
        """Compute the vectors of some faces.

        Args:
            crops: uint8 ``(S, S, 3)`` RGB each, aligned as ``align.py`` says, with its margin.
            landmarks: float32 ``(n, 5, 2)``, pixels of the crops.

        Returns:
            float32 ``(n, dimensions)``.
        """


def open_embedder(name: str) -> Embedder:
    """Open an embedder by its name in :data:`EMBEDDERS`.

    Raises:
        BadInputError: The name is not registered.
        MissingExtraError: Its package is not installed.
        WeightsError: Its weights are missing or not the pinned ones.
    """
    opened: Embedder = EMBEDDERS.load(name)()
    return opened
