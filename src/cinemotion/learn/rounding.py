"""The network of a model in whole numbers of eight bits, and what a network says.

    round_network(Path("model.onnx"), data.train.read, len(data.train))
    logits = answer(Path("model.onnx"), data.develop.read_range, len(data.develop))

How and why: ``core/eightbits.py``. The ranges of the activations are measured on pictures that the
network was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cinemotion.core.cores import usable_cores
from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats
from cinemotion.core.writing import replacing
from cinemotion.learn.order import Rows

_MEASURED = 1024
"""Pictures that ranges are measured on: more of them move the ends of ranges by little."""

_BATCH = 32

_FEW = 32  # channels


def round_network(path: Path, read: Callable[[Rows], Floats], n: int) -> None:
    """Write a network anew, in eight bits.

    What reads few channels stays in floating point: it has few weights, and in ONNX Runtime eight
    bits make it slower.

    Args:
        path: The network, in float32.
        read: Gives pictures, float32 ``(m, H, W, 3)``, 0 to 255, of rows ``(m,)``.
        n: How many there are.

    Raises:
        BadInputError: The file cannot be written.
    """
    from cinemotion.core.eightbits import measure_ranges, quantise, thin  # onnx takes a while

    network = path.read_bytes()
    rows = np.unique(np.linspace(0, n - 1, min(n, _MEASURED)).round().astype(np.int64))
    parts = (rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH))
    ranges = measure_ranges(network, (read(part) for part in parts))
    rounded = quantise(network, ranges, in_float=thin(network, _FEW))
    with replacing(path) as draft:
        draft.write_bytes(rounded)


def answer(path: Path, read: Callable[[int, int], Floats], n: int) -> Floats:
    """The logits of pictures, float32 ``(n, classes)``.

    Args:
        path: The network.
        read: Gives pictures, float32 ``(m, H, W, 3)``, 0 to 255, of rows ``[start, stop)``.
        n: How many there are.
    """
    session = open_session(path.read_bytes(), threads=usable_cores())
    name = session.get_inputs()[0].name
    parts = [
        session.run(None, {name: read(at, min(n, at + _BATCH))})[0] for at in range(0, n, _BATCH)
    ]
    logits: Floats = np.concatenate(parts).astype(np.float32)
    return logits
