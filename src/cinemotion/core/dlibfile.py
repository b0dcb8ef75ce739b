"""The weights in dlib's file of its face network, as arrays.

    network = read_dlib(Path("dlib_face_recognition_resnet_model_v1.dat"))
    network.stem.weights            # float32 (32, 3, 7, 7)
    network.blocks[0].first, network.blocks[0].second

The tensors lie there in the order of the layers, each as a version, four sizes and little-endian
floats; the layers themselves are those of ``examples/dnn_face_recognition_ex.cpp`` in dlib: a
residual network of 29 convolutions (He et al. 2016, https://arxiv.org/abs/1512.03385), where a sum
of unlike shapes pads the smaller with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cinemotion.core.errors import WeightsError
from cinemotion.core.types import Floats

MEAN = (122.782, 117.001, 104.298)
"""Of red, green and blue, taken from a picture first."""

SCALE = 256.0
"""What it is divided by then."""

STEM = 32
"""Filters of the first convolution: 7 pixels wide, at every second one."""

BLOCKS = (
    *[(32, False)] * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
"""Filters of each block after the stem, and whether it halves the picture."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution and the affine layer after it, in one.

    Attributes:
        weights: float32 ``(after, before, k, k)``.
        bias: float32 ``(after,)``.
    """

    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Block:
    """Two convolutions beside a short cut."""

    first: Convolution
    second: Convolution


@dataclass(frozen=True, slots=True)
class DlibNetwork:
    """The network.

    Attributes:
        stem: The first convolution.
        blocks: As many as :data:`BLOCKS`.
        last: What the means of the channels are multiplied by, float32 ``(256, 128)``.
    """

    stem: Convolution
    blocks: tuple[Block, ...]
    last: Floats


def read_dlib(path: Path) -> DlibNetwork:
    """Read the file.

    Args:
        path: The weight file.

    Raises:
        WeightsError: The file cannot be read, or it does not hold this network.
    """
    reader = _Reader(path)
    stem = reader.convolution(3, STEM, 7)
    blocks, before = [], STEM
    for after, _ in BLOCKS:
        first = reader.convolution(before, after, 3)
        blocks.append(Block(first, reader.convolution(after, after, 3)))
        before = after
    return DlibNetwork(stem, tuple(blocks), reader.tensor(before, 128).reshape(before, 128))


class _Reader:
    """Finds tensors, in the order in which they lie there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise WeightsError(
                f"cannot read the weights {path}: {error.strerror or error}"
            ) from error
        self._at = 0

    def convolution(self, before: int, after: int, size: int) -> Convolution:
        count = after * before * size * size
        numbers = self.tensor(count + after)
        gain, shift = np.split(self.tensor(2 * after), 2)
        weights = numbers[:count].reshape(after, before, size, size)
        return Convolution(weights * gain[:, None, None, None], numbers[count:] * gain + shift)

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
