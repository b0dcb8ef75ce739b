"""dlib's face descriptor as an ONNX network: the same numbers, several times as fast.

    data = to_onnx(Path("dlib_face_recognition_resnet_model_v1.dat"))

dlib runs its networks on a CPU without blocking or fused layers. The weights lie in its file in the
order of the layers, each tensor as a version, four sizes and little-endian floats; the layers
themselves are those of ``examples/dnn_face_recognition_ex.cpp`` in dlib: a residual network of 29
convolutions (He et al. 2016, https://arxiv.org/abs/1512.03385), where a sum of unlike shapes pads
the smaller with zeros.

Input ``pictures``: uint8 ``(n, 150, 150, 3)``, RGB. Output ``vectors``: float32 ``(n, 128)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from cinemotion.core.errors import WeightsError
from cinemotion.core.types import Floats

INPUT, OUTPUT = "pictures", "vectors"
SIDE = 150
"""Of a picture, in pixels."""

_MEAN = (122.782, 117.001, 104.298)  # of dlib's input layer, which then divides by 256
_STEM = 32
# Filters of each block after the stem, and whether it halves the picture.
_BLOCKS = (
    *[(32, False)] * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
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
    return _Writer(_Reader(path)).network()


class _Reader:
    """Finds tensors in dlib's file, in the order in which they lie there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = path.read_bytes()
        self._at = 0

    def tensor(self, *sizes: int) -> Floats:
        """The next tensor with these sizes; those left out are 1."""
        four = (*sizes, 1, 1, 1)[:4]
        head = b"".join(_packed(number) for number in (2, *four))
        found = self._data.find(head, self._at)
        count = int(np.prod(four))
        begin = found + len(head)
        self._at = begin + 4 * count
        if found < 0 or self._at > len(self._data):
            raise WeightsError(
                f"{self._path} holds no tensor {sizes} where dlib's face descriptor has one"
            )
        return np.frombuffer(self._data, "<f4", count, begin).astype(np.float32)


def _packed(number: int) -> bytes:
    """A positive whole number as dlib writes it: how many bytes it takes, and these."""
    size = (number.bit_length() + 7) // 8
    return bytes([size]) + number.to_bytes(size, "little")


class _Writer:
    """Puts the layers together."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._names = iter(range(10_000))

    def network(self) -> bytes:
        """The whole network."""
        last = self._stem()
        side, filters = (SIDE - 7) // 2 + 1, _STEM
        side = (side - 3) // 2 + 1
        for wanted, halves in _BLOCKS:
            last, side = self._block(last, side, (filters, wanted), halves=halves)
            filters = wanted
        weights = self._reader.tensor(filters, 128).reshape(filters, 128)
        mean = self._add("ReduceMean", [last], axes=[2, 3], keepdims=0)
        self._add("MatMul", [mean, self._constant(weights)], name=OUTPUT)
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

    def _stem(self) -> str:
        numbers = self._add("Cast", [INPUT], to=TensorProto.FLOAT)
        mean = np.array(_MEAN, np.float32)
        centred = self._add("Sub", [numbers, self._constant(mean)])
        scaled = self._add("Div", [centred, self._constant(np.array(256, np.float32))])
        planes = self._add("Transpose", [scaled], perm=[0, 3, 1, 2])
        found = self._convolution(planes, (3, _STEM), kernel=7, stride=2)
        return self._add("MaxPool", [self._relu(found)], kernel_shape=[3, 3], strides=[2, 2])

    def _block(
        self, entry: str, side: int, filters: tuple[int, int], *, halves: bool
    ) -> tuple[str, int]:
        """Two convolutions beside a short cut; returns the output and its side."""
        before, after = filters
        stride = 2 if halves else 1
        found = self._relu(self._convolution(entry, filters, kernel=3, stride=stride))
        found = self._convolution(found, (after, after), kernel=3, stride=1)
        if not halves:
            return self._relu(self._add("Add", [found, entry])), side
        short = self._add("AveragePool", [entry], kernel_shape=[2, 2], strides=[2, 2])
        sides = (side - 3) // 2 + 1, (side - 2) // 2 + 1
        wide = max(sides)
        found = self._padded(found, 0, wide - sides[0])
        short = self._padded(short, after - before, wide - sides[1])
        return self._relu(self._add("Add", [found, short])), wide

    def _convolution(
        self, entry: str, filters: tuple[int, int], *, kernel: int, stride: int
    ) -> str:
        """A convolution and the affine layer after it, in one."""
        before, after = filters
        count = after * before * kernel * kernel
        numbers = self._reader.tensor(count + after)
        gain, shift = np.split(self._reader.tensor(2 * after), 2)
        weights = numbers[:count].reshape(after, before, kernel, kernel)
        pad = 0 if stride > 1 else kernel // 2
        return self._add(
            "Conv",
            [
                entry,
                self._constant(weights * gain[:, None, None, None]),
                self._constant(numbers[count:] * gain + shift),
            ],
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
