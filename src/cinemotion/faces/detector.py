"""What a face detector is, and which there are.

    detector = open_detector("centerface", min_score=0.5, long_side=512)
    [faces] = detector.detect([image])          # uint8 (H, W, 3), RGB
    faces.boxes, faces.scores, faces.landmarks

To add one: write a class with `Detector`'s attributes, give its candidates to
`cinemotion.faces.batching.detect_at_scales`, and add a line to `DETECTORS`. The contract
in ``tests/contracts/test_detectors.py`` finds it there by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cinemotion.core.errors import BadRecipeError
from cinemotion.core.registry import Registry
from cinemotion.core.types import Faces, Image

DETECTORS = Registry(
    "detector",
    {
        "centerface": "cinemotion.faces.centerface:CenterFace",
        "centerface-float": "cinemotion.faces.centerface:FloatCenterFace",
        "yunet": "cinemotion.faces.yunet:YuNet",
    },
)


class Detector(Protocol):
    """Finds faces in pictures.

    Attributes:
        name: Its name in `DETECTORS`.
        weights_sha256: SHA-256 of the weight file, 64 hexadecimal digits.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class

    @property
    def weights_sha256(self) -> str: ...  # noqa: D102 - see the class

    def detect(self, images: Sequence[Image]) -> list[Faces]:
        """Find the faces of each picture.

        The same pictures give the same faces, alone or in a batch; the pictures stay
        as they are.

        Args:
            images: uint8 ``(H, W, 3)`` RGB each, of any sizes from 1×1.

        Returns:
            One `Faces` per picture: boxes clipped to it and in its pixels, best score
            first.
        """
        ...


def open_detector(
    name: str,
    *,
    min_score: float,
    long_side: int = 512,
    scales: Sequence[float] = (1.0,),
    threads: int = 1,
) -> Detector:
    """Open a detector by its name in `DETECTORS`.

    Args:
        name: For instance ``"centerface"``.
        min_score: Faces below this score are left out, in [0, 1].
        long_side: Long side of the network's input, in pixels; smaller pictures are
            enlarged, to twice their size at most.
        scales: Factors on ``long_side``; ``(1.0, 2.0)`` looks a second time for small
            faces, at about four times the cost.
        threads: CPU threads for one call.

    Raises:
        BadInputError: The name is not registered.
        BadRecipeError: A setting is out of range.
        WeightsError: The weight file is missing, or it is not the pinned one.
    """
    if not 0.0 <= min_score <= 1.0:
        raise BadRecipeError(f"min_score is {min_score}; expected a number from 0 to 1")
    if long_side < 32:
        raise BadRecipeError(f"long_side is {long_side} pixels; expected at least 32")
    if not scales or min(scales) <= 0:
        raise BadRecipeError(f"scales is {tuple(scales)}; expected positive factors, e.g. (1, 2)")
    if threads < 1:
        raise BadRecipeError(f"threads is {threads}; expected at least 1")
    opened: Detector = DETECTORS.load(name)(
        min_score=min_score, long_side=long_side, scales=tuple(scales), threads=threads
    )
    return opened
