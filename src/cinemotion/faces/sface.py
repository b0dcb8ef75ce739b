"""SFace: 128 numbers a face, from OpenCV's zoo of networks; its weights are fetched on demand.

    embedder = open_embedder("sface")
    vectors = embedder(crops, landmarks)        # float32 (n, 128), of length 1

The five landmarks are laid onto fixed points of a picture of 112×112 pixels by the similarity that
leaves the least squared distance, and the network sees RGB from 0 to 255.

Source: Zhong, Deng, Hu, Zhao, Li, Wen: SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face
Recognition, IEEE Transactions on Image Processing 30, 2021. The similarity: Umeyama, PAMI 13, 1991.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats, Image
from cinemotion.core.weights import WEIGHTS, fetch_weight
from cinemotion.faces.align import MARGIN
from cinemotion.faces.resample import cut_square

SIZE = 112
INPUT = "data"
_WEIGHT = "sface"
_REVISION = 1

POINTS = np.array(
    [
        [73.5318, 51.5014],  # the subject's left eye, on the picture's right
        [38.2946, 51.6963],
        [56.0252, 71.7366],
        [70.7299, 92.2041],
        [41.5493, 92.3655],
    ]
)
"""Where the landmarks lie in what the network sees, in the order of `core.types.LANDMARKS`: OpenCV
counts pixels from the middle of the first."""

Doubles = NDArray[np.float64]


class SFaceIdentity:
    """See the module's docstring.

    Raises:
        WeightsError: The weights cannot be had, or are not the pinned ones.
    """

    dimensions = 128
    limit = 1.128
    """What OpenCV publishes for two pictures, found on LFW; dlib's alone is calibrated on films."""
    limit_across = 1.0
    """Stricter, by hand: not calibrated."""

    def __init__(self) -> None:
        self._session = open_session(fetch_weight(_WEIGHT).read_bytes(), threads=1)
        self.recipe: dict[str, Any] = {
            "name": "sface",
            "revision": _REVISION,
            "weights": [WEIGHTS[_WEIGHT].sha256],
            "margin": MARGIN,
        }

    def __call__(self, crops: Sequence[Image], landmarks: Floats) -> Floats:
        """See :meth:`Embedder.__call__`."""
        found = np.zeros((len(crops), self.dimensions), np.float32)
        for at, (crop, points) in enumerate(zip(crops, landmarks, strict=True)):
            # One by one: the network's own batch is of one picture.
            chip = cut_square(np.ascontiguousarray(crop), similarity(points), SIZE)
            pixels = np.ascontiguousarray(chip.transpose(2, 0, 1)[None], np.float32)
            vector = self._session.run(None, {INPUT: pixels})[0].reshape(-1)
            found[at] = vector / max(float(np.linalg.norm(vector)), 1e-12)
        return found


def similarity(landmarks: Floats) -> Doubles:
    """The similarity (turn, uniform scale, move) that lays landmarks onto :data:`POINTS`.

    Args:
        landmarks: float32 ``(5, 2)``, xy, pixels of the crop counted from its corner.

    Returns:
        float64 ``(2, 3)``, for `cinemotion.faces.resample.cut_square`. Landmarks that all lie in
        one place say nothing of scale or angle: they are moved to the middle, as they are.
    """
    # As complex numbers a similarity is one product and one sum, and least squares are a line.
    theirs = (POINTS[:, 0] + 0.5) + 1j * (POINTS[:, 1] + 0.5)
    given = landmarks.astype(np.float64)
    ours = given[:, 0] + 1j * given[:, 1]
    spread = ours - ours.mean()
    weight = float((np.abs(spread) ** 2).sum())
    turn = (np.conj(spread) * (theirs - theirs.mean())).sum() / weight if weight > 1e-6 else 1.0
    move = theirs.mean() - turn * ours.mean()
    return np.array([[turn.real, -turn.imag, move.real], [turn.imag, turn.real, move.imag]])
