"""Turns a convolutional network into one that computes in whole numbers of eight bits.

    ranges = measure_ranges(network, batches)
    data = quantise(network, ranges, in_float=("536", "537"))

Weights become signed numbers of seven bits, a scale per channel; activations unsigned ones of
eight bits, whose ranges were measured beforehand. Seven bits, because processors without VNNI
instructions add two products in 16 bits, which eight would overflow: so every machine gets the
same numbers.

Source: Jacob et al.: Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference, 2018, https://arxiv.org/abs/1712.05877; done by ONNX Runtime's
``quantization`` tools.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx.version_converter import convert_version
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorData, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from cinemotion.core.cores import usable_cores
from cinemotion.core.sessions import folded, open_session
from cinemotion.core.types import Floats

OPSET = 13
"""The first that knows a scale per channel."""

_DIGITS = 6  # of a range that are kept


def as_graph(network: bytes) -> Any:
    """A network as it is quantised: constants folded, in `OPSET` at least, nodes named by output.

    Args:
        network: A serialised ONNX model.

    Returns:
        An ``onnx.ModelProto``.
    """
    model = onnx.load_from_string(folded(network))
    if model.opset_import[0].version < OPSET:
        model = convert_version(model, OPSET)
    for node in model.graph.node:
        node.name = node.output[0]
    return model


def measure_ranges(network: bytes, batches: Iterable[Floats]) -> dict[str, list[float]]:
    """The least and the greatest value of each tensor of `as_graph`, 0 included.

    Args:
        network: A serialised ONNX model with one input.
        batches: What goes in.
    """
    model = as_graph(network)
    [given] = model.graph.input
    known = {value.name for value in model.graph.output}
    wanted = [name for node in model.graph.node for name in node.output]
    for name in wanted:
        if name not in known:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    session = open_session(model.SerializeToString(), threads=usable_cores())
    found: dict[str, list[float]] = {}
    for batch in batches:
        values = dict(zip(wanted, session.run(wanted, {given.name: batch}), strict=True))
        for name, value in {given.name: batch, **values}.items():
            if value.dtype != np.float32:
                continue  # a shape
            low, high = found.get(name, [0.0, 0.0])
            found[name] = [min(low, float(value.min())), max(high, float(value.max()))]
    return {name: [float(f"{end:.{_DIGITS}g}") for end in ends] for name, ends in found.items()}


def thin(network: bytes, channels: int) -> list[str]:
    """The outputs of those nodes of `as_graph` that read so many channels or fewer.

    Args:
        network: A serialised ONNX model whose convolutions have their weights in it.
        channels: The most.
    """
    graph = as_graph(network).graph
    sizes = {value.name: list(value.dims) for value in graph.initializer}
    wide: dict[str, int] = {}  # of each tensor, where it is known
    found = []
    for node in graph.node:
        known = [wide[name] for name in node.input if name in wide]
        if node.op_type == "Conv" and len(shape := sizes.get(node.input[1], [])) > 1:
            known, after = [shape[1]], shape[0]
        elif not known:
            continue
        else:
            after = max(known)
        wide |= dict.fromkeys(node.output, after)
        if max(known) <= channels:
            found.append(node.output[0])
    return found


def quantise(
    network: bytes, ranges: Mapping[str, Sequence[float]], *, in_float: Collection[str]
) -> bytes:
    """Quantise a network.

    Args:
        network: A serialised ONNX model in float32.
        ranges: Of each tensor of `as_graph`, the least and the greatest value.
        in_float: Outputs of the nodes that are left as they are.

    Returns:
        A serialised ONNX model with the same inputs and outputs, in float32 still.
    """
    limits = {
        name: TensorData(lowest=np.float32(low), highest=np.float32(high))
        for name, (low, high) in ranges.items()
    }
    quantiser = QDQQuantizer(
        as_graph(network),
        per_channel=True,
        reduce_range=True,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, limits),
        nodes_to_quantize=[],
        nodes_to_exclude=list(in_float),
        op_types_to_quantize=["Conv", "Relu", "Add"],
        extra_options={},
    )
    quantiser.quantize_model()
    serialised: bytes = quantiser.model.model.SerializeToString()
    return serialised
