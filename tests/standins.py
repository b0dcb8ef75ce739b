"""Model folders that need no training: they see where a picture of ``shown.py`` is bright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cinemotion.learn.modelfolder import ONNX, Card, hashes_of, write_card
from shown import PLACES


def stand_in(folder: Path, *, blind: bool = False, size: int = 32, threshold: float = 0.2) -> Path:
    """A model of 32 pixels: the mean of each class' square, or nothing if it is ``blind``."""
    weights = np.zeros((size * size * 3, len(PLACES)), np.float32)
    for place, (y, x) in enumerate(PLACES.values()):
        mask = np.zeros((size, size, 3), np.float32)
        mask[y : y + 12, x : x + 12] = 0.0 if blind else 0.1 / (12 * 12 * 3)
        weights[:, place] = mask.ravel()
    nodes = [
        helper.make_node("Flatten", ["pictures"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", size, size, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(PLACES)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder.mkdir(parents=True)
    onnx.save(network, folder / ONNX)
    write_card(
        folder,
        Card(
            name=folder.name,
            model="stand-in",
            classes=list(PLACES),
            size=size,
            margin=1.4,
            lift=0.08,
            temperature=1.0,
            unknown_below=threshold,
            parameters=weights.size,
            data={"digest": "none", "epochs": 0},
            recipe={},
            measures={},
            libraries={},
            hashes=hashes_of(folder),
            licence="Apache-2.0",
            use="tests",
            limits=["What somebody feels cannot be seen."],
        ),
    )
    return folder
