"""YuNet: a very small detector; its weights are fetched on demand.

    detector = YuNet(min_score=0.6)
    [faces] = detector.detect([image])

The network answers on three grids, of 8, 16 and 32 pixels a cell: how likely the cell
shows a face, how well its box fits, the box and five landmarks.

Source: Wu, Peng, Yu: YuNet: A Tiny Millisecond-level Face Detector, Machine Intelligence
Research 20, 2023, https://doi.org/10.1007/s11633-023-1423-y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cinemotion.core.sessions import open_session
from cinemotion.core.types import Faces, Floats, Image
from cinemotion.core.weights import WEIGHTS, fetch_weight
from cinemotion.faces.batching import MAX_IOU, detect_at_scales
from cinemotion.faces.boxes import join, suppress

STRIDES = (8, 16, 32)
MAX_BATCH = 4
INPUT = "input"
PARTS = ("cls", "obj", "bbox", "kps")

OUR_ORDER = [1, 0, 2, 4, 3]
"""The network names the eye on the picture's left first; we, the subject's left eye."""


class YuNet:
    """YuNet on ONNX Runtime; see `cinemotion.faces.detector.Detector`.

    The weights are read and checked when it is made, so that a missing file is said at
    once and not at the first picture.
    """

    name = "yunet"
    weights_sha256 = WEIGHTS["yunet"].sha256

    def __init__(
        self,
        *,
        min_score: float,
        long_side: int = 512,
        scales: Sequence[float] = (1.0,),
        threads: int = 1,
    ) -> None:
        self.min_score = min_score
        self.long_side = long_side
        self.scales = scales
        self._session = open_session(fetch_weight("yunet").read_bytes(), threads=threads)

    def detect(self, images: Sequence[Image]) -> list[Faces]:
        """Find the faces of each picture; see `Detector.detect`."""
        return detect_at_scales(
            images, self._infer, long_side=self.long_side, scales=self.scales, max_batch=MAX_BATCH
        )

    def _infer(self, canvases: Image) -> list[Faces]:
        # BGR, channels first, 0-255: as OpenCV reads pictures, and as it was trained.
        batch = np.ascontiguousarray(canvases[..., ::-1].transpose(0, 3, 1, 2), dtype=np.float32)
        names = [f"{part}_{stride}" for stride in STRIDES for part in PARTS]
        outputs = self._session.run(names, {INPUT: batch})
        columns = [canvases.shape[2] // stride for stride in STRIDES]
        return [
            suppress(_decode_all(picture, columns, self.min_score), max_iou=MAX_IOU)
            for picture in zip(*outputs, strict=True)
        ]


def _decode_all(picture: Sequence[Floats], columns: Sequence[int], min_score: float) -> Faces:
    """Decode the three grids of one picture; four arrays of ``picture`` belong to each."""
    return join(
        [
            decode(*picture[4 * k : 4 * k + 4], stride=stride, columns=width, min_score=min_score)
            for k, (stride, width) in enumerate(zip(STRIDES, columns, strict=True))
        ]
    )


def decode(
    cls: Floats,
    obj: Floats,
    bbox: Floats,
    kps: Floats,
    *,
    stride: int,
    columns: int,
    min_score: float,
) -> Faces:
    """Turn one grid of one picture into candidates.

    Args:
        cls: float32 ``(cells, 1)``, probability of a face, in [0, 1].
        obj: float32 ``(cells, 1)``, how well the box fits, in [0, 1].
        bbox: float32 ``(cells, 4)``, centre x and y from the cell's corner in cells, then
            the logarithm of width and height in cells.
        kps: float32 ``(cells, 10)``, five points xy from the cell's corner, in cells.
        stride: Pixels a cell.
        columns: Cells in a row of the grid.
        min_score: Candidates below are left out.

    Returns:
        Faces in pixels of the network's input; the score is the geometric mean of ``cls``
        and ``obj``.
    """
    scores = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    (index,) = np.nonzero(scores >= min_score)
    corner = np.stack([index % columns, index // columns], axis=1).astype(np.float32)
    centre = (corner + bbox[index, :2]) * np.float32(stride)
    half = np.exp(bbox[index, 2:]) * np.float32(stride / 2)
    points = kps[index].reshape(-1, 5, 2)[:, OUR_ORDER] + corner[:, None]
    return Faces(
        boxes=np.concatenate([centre - half, centre + half], axis=1),
        scores=scores[index],
        landmarks=points * np.float32(stride),
    )
