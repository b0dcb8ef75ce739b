"""Turns a convolutional network into one that computes in whole numbers of eight bits.

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

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx.version_converter import convert_version
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorData, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from cinemotion.core.sessions import folded

OPSET = 13
"""The first that knows a scale per channel."""


def as_graph(network: bytes) -> Any:
    """A network as it is quantised: constants folded, in `OPSET`, its nodes named by their output.

    Args:
        network: A serialised ONNX model.

    Returns:
        An ``onnx.ModelProto``.
    """
    model = convert_version(onnx.load_from_string(folded(network)), OPSET)
    for node in model.graph.node:
        node.name = node.output[0]
    return model


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
