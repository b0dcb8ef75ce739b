"""A network in eight bits beside the same in floating point."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from cinemotion.core.eightbits import as_graph, measure_ranges, quantise, thin
from cinemotion.core.types import Floats

RANGES = {"x": [0.0, 255.0], "a": [-400.0, 400.0], "b": [0.0, 400.0], "y": [-150.0, 150.0]}


def network() -> bytes:
    """x → convolution (a) → ReLU (b) → convolution (y)."""
    rng = np.random.default_rng(0)
    weights = {
        "first": rng.normal(0, 0.2, (8, 3, 3, 3)).astype(np.float32),
        "last": rng.normal(0, 0.2, (2, 8, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "first"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "last"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2, "h", "w"])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    return bytes(model.SerializeToString())


def answer(model: bytes, batch: Floats) -> Floats:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    [found] = session.run(["y"], {"x": batch})
    return np.asarray(found, np.float32)


def kinds(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


def picture() -> Floats:
    return np.random.default_rng(1).integers(0, 256, (2, 3, 9, 13)).astype(np.float32)


def test_answers_stay_near_those_in_floating_point() -> None:
    exact, rounded = (
        answer(m, picture()) for m in (network(), quantise(network(), RANGES, in_float=()))
    )
    assert not np.array_equal(exact, rounded)
    # Steps of 800 / 255 between the layers, and of a 64th of the greatest weight.
    apart = np.abs(exact - rounded)
    assert apart.mean() < 0.015 * np.ptp(exact)
    assert apart.max() < 0.08 * np.ptp(exact)


def test_weights_are_whole_numbers_of_seven_bits() -> None:
    model = onnx.load_from_string(quantise(network(), RANGES, in_float=()))
    whole = [
        numpy_helper.to_array(value)
        for value in model.graph.initializer
        if value.data_type == TensorProto.INT8 and len(value.dims) == 4
    ]
    assert len(whole) == 2
    assert all(value.min() >= -64 and value.max() <= 64 for value in whole)


def test_named_parts_stay_in_floating_point() -> None:
    none, last = (kinds(quantise(network(), RANGES, in_float=names)) for names in ((), ("y",)))
    assert none.count("DequantizeLinear") > last.count("DequantizeLinear") > 0


def test_a_tensor_without_a_range_is_told() -> None:
    with pytest.raises(ValueError, match="b"):
        quantise(network(), {k: v for k, v in RANGES.items() if k != "b"}, in_float=())


def test_nodes_are_named_by_their_output() -> None:
    assert [node.name for node in as_graph(network()).graph.node] == ["a", "b", "y"]


def test_ranges_are_the_ends_of_what_was_seen() -> None:
    session = ort.InferenceSession(network(), providers=["CPUExecutionProvider"])
    [last] = session.run(["y"], {"x": picture()})
    batches = [picture()[:1], picture()[1:]]
    found = measure_ranges(network(), batches)
    assert set(found) == {"x", "a", "b", "y"}
    assert found["x"] == [0.0, float(picture().max())]
    np.testing.assert_allclose(found["y"], [last.min(), last.max()], rtol=1e-4)
    assert found["b"][0] == 0.0 and found["b"][1] == found["a"][1] > 0 > found["a"][0]
    assert answer(quantise(network(), found, in_float=()), picture()).shape == last.shape


def test_what_reads_few_channels_is_thin() -> None:
    assert thin(network(), 2) == []
    assert thin(network(), 3) == ["a"]
    assert thin(network(), 8) == ["a", "b", "y"]
