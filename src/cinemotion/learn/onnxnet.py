"""A network of NumPy's as an ONNX file, for any runtime.

    write_onnx(net, Path("net.onnx"))
    onnxruntime.InferenceSession("net.onnx").run(None, {"pictures": x})

Pictures go in as numpynet takes them, float32 ``(n, H, W, C)``, and logits or maps come out in the
same layout. Inside, ONNX wants channels first; the graph turns them around at both ends.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cinemotion.core.writing import replacing
from cinemotion.numpynet import Sequential, layers
from cinemotion.numpynet.arrays import Array

_OPSET = 20  # the first with Gelu
_IR = 10
_FIRST, _LAST = [0, 3, 1, 2], [0, 2, 3, 1]  # channels first, channels last


def write_onnx(net: Sequential, path: Path) -> None:
    """Write a network as one ONNX file, in one step.

    The input is called ``pictures``, the output ``outputs``; the number of pictures is free, and
    so are height and width where the network leaves them free.

    Raises:
        BadInputError: The file cannot be written.
    """
    with replacing(path) as draft:
        draft.write_bytes(to_onnx(net).SerializeToString())


def to_onnx(net: Sequential) -> onnx.ModelProto:
    """The network as an ONNX model, checked."""
    graph = _Graph()
    name, maps = graph.add("Transpose", "pictures", perm=_FIRST), True
    for layer in net.layers:
        name = _NODES[type(layer).__name__](graph, name, layer, maps)
        maps = maps and not isinstance(layer, layers.Flatten | layers.GlobalAvgPool2D)
    graph.nodes.append(
        helper.make_node("Transpose", [name], ["outputs"], perm=_LAST)
        if maps
        else helper.make_node("Identity", [name], ["outputs"])
    )
    shapes = [("n", *net.input_shape), ("n", *net.output_shape)]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
        for name, shape in zip(("pictures", "outputs"), shapes, strict=True)
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "numpynet", values[:1], values[1:], graph.weights),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
        producer_name="cinemotion",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes and weights as they are added; every node gives one value a new name."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        out = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def weight(self, value: Array) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


Node = Callable[[_Graph, str, Any, bool], str]
"""Adds a layer: the graph, the value that goes in, the layer, whether maps go in."""


def _padding(layer: Any) -> str:
    return "SAME_UPPER" if layer.padding == "same" else "VALID"


def _convolution(graph: _Graph, x: str, layer: layers.Conv2D, maps: bool) -> str:
    weights = [graph.weight(layer.params["weight"].transpose(3, 2, 0, 1))]
    if layer.bias:
        weights.append(graph.weight(layer.params["bias"]))
    return graph.add(
        "Conv",
        x,
        *weights,
        strides=layer.stride,
        group=layer.groups,
        auto_pad=_padding(layer),
    )


def _dense(graph: _Graph, x: str, layer: layers.Dense, maps: bool) -> str:
    weights = [graph.weight(layer.params[name]) for name in layer.params]
    return graph.add("Gemm", x, *weights)


def _normalisation(graph: _Graph, x: str, layer: layers.BatchNorm2D, maps: bool) -> str:
    arrays = (*layer.params.values(), *layer.state.values())
    return graph.add("BatchNormalization", x, *map(graph.weight, arrays), epsilon=layer.epsilon)


def _pool(kind: str) -> Node:
    return lambda graph, x, layer, maps: graph.add(
        kind, x, kernel_shape=layer.size, strides=layer.stride, auto_pad=_padding(layer)
    )


def _simple(kind: str) -> Node:
    return lambda graph, x, layer, maps: graph.add(kind, x)


def _flatten(graph: _Graph, x: str, layer: Any, maps: bool) -> str:
    # In numpynet's order: channels last.
    return graph.add("Flatten", graph.add("Transpose", x, perm=_LAST))


_NODES: dict[str, Node] = {
    "Conv2D": _convolution,
    "Dense": _dense,
    "BatchNorm2D": _normalisation,
    "MaxPool2D": _pool("MaxPool"),
    "AvgPool2D": _pool("AveragePool"),
    "GlobalAvgPool2D": lambda graph, x, layer, maps: graph.add(
        "Flatten", graph.add("GlobalAveragePool", x)
    ),
    "Flatten": _flatten,
    "Dropout": _simple("Identity"),
    "ReLU": _simple("Relu"),
    "Sigmoid": _simple("Sigmoid"),
    "Tanh": _simple("Tanh"),
    "ELU": _simple("Elu"),
    "LeakyReLU": lambda graph, x, layer, maps: graph.add("LeakyRelu", x, alpha=layer.slope),
    "GELU": lambda graph, x, layer, maps: graph.add("Gelu", x, approximate="tanh"),
    "SiLU": lambda graph, x, layer, maps: graph.add("Mul", x, graph.add("Sigmoid", x)),
    "Softmax": lambda graph, x, layer, maps: graph.add("Softmax", x, axis=1),
}
