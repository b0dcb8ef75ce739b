"""dlib's face descriptor as an ONNX network: the same numbers, several times as fast.

    data = to_onnx(Path("dlib_face_recognition_resnet_model_v1.dat"))

dlib runs its networks on a CPU without blocking or fused layers.

Input ``pictures``: uint8 ``(n, 150, 150, 3)``, RGB. Output ``vectors``: float32 ``(n, 128)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from cinemotion.core.dlibfile import (
    BLOCKS,
    MEAN,
    SCALE,
    STEM,
    Block,
    Convolution,
    DlibNetwork,
    read_dlib,
)

INPUT, OUTPUT = "pictures", "vectors"
SIDE = 150
"""Of a picture, in pixels."""

_OPSET, _IR = 13, 8


def to_onnx(path: Path) -> bytes:
    """Read dlib's file and write the network anew.

    Args:
        path: The checked weight file.

    Returns:
        A serialised ONNX model.

    Raises:
        WeightsError: The file does not hold this network.
    """
    return _Writer().network(read_dlib(path))


class _Writer:
    """Puts the layers together."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._names = iter(range(10_000))

    def network(self, weights: DlibNetwork) -> bytes:
        """The whole network."""
        last = self._stem(weights.stem)
        side, filters = (SIDE - 7) // 2 + 1, STEM
        side = (side - 3) // 2 + 1
        for block, (wanted, halves) in zip(weights.blocks, BLOCKS, strict=True):
            last, side = self._block(last, side, block, wanted - filters, halves=halves)
            filters = wanted
        mean = self._add("ReduceMean", [last], axes=[2, 3], keepdims=0)
        self._add("MatMul", [mean, self._constant(weights.last)], name=OUTPUT)
        graph = helper.make_graph(
            self._nodes,
            "dlib-face-descriptor",
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 128])],
            [numpy_helper.from_array(value, name) for name, value in self._constants.items()],
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        serialised: bytes = helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR
        ).SerializeToString()
        return serialised

    def _stem(self, weights: Convolution) -> str:
        numbers = self._add("Cast", [INPUT], to=TensorProto.FLOAT)
        mean = np.array(MEAN, np.float32)
        centred = self._add("Sub", [numbers, self._constant(mean)])
        scaled = self._add("Div", [centred, self._constant(np.array(SCALE, np.float32))])
        planes = self._add("Transpose", [scaled], perm=[0, 3, 1, 2])
        found = self._convolution(planes, weights, stride=2)
        return self._add("MaxPool", [self._relu(found)], kernel_shape=[3, 3], strides=[2, 2])

    def _block(
        self, entry: str, side: int, weights: Block, more: int, *, halves: bool
    ) -> tuple[str, int]:
        """Two convolutions beside a short cut; returns the output and its side."""
        stride = 2 if halves else 1
        found = self._relu(self._convolution(entry, weights.first, stride=stride))
        found = self._convolution(found, weights.second, stride=1)
        if not halves:
            return self._relu(self._add("Add", [found, entry])), side
        short = self._add("AveragePool", [entry], kernel_shape=[2, 2], strides=[2, 2])
        sides = (side - 3) // 2 + 1, (side - 2) // 2 + 1
        wide = max(sides)
        found = self._padded(found, 0, wide - sides[0])
        short = self._padded(short, more, wide - sides[1])
        return self._relu(self._add("Add", [found, short])), wide

    def _convolution(self, entry: str, layer: Convolution, *, stride: int) -> str:
        kernel = layer.weights.shape[-1]
        pad = 0 if stride > 1 else kernel // 2
        return self._add(
            "Conv",
            [entry, self._constant(layer.weights), self._constant(layer.bias)],
            strides=[stride, stride],
            pads=[pad] * 4,
        )

    def _padded(self, entry: str, channels: int, pixels: int) -> str:
        """Zeros after the last channel, row and column."""
        if not (channels or pixels):
            return entry
        pads = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
        return self._add("Pad", [entry, self._constant(pads)])

    def _relu(self, entry: str) -> str:
        return self._add("Relu", [entry])

    def _constant(self, value: NDArray[Any]) -> str:
        name = f"constant{next(self._names)}"
        self._constants[name] = np.ascontiguousarray(value)
        return name

    def _add(self, kind: str, inputs: list[str], *, name: str | None = None, **more: Any) -> str:
        name = name or f"{kind.lower()}{next(self._names)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **more))
        return name
