"""Small models of every kind that gives features, written by the tests."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cinemotion.numpynet import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential


def numpynet_model(path: Path, *, seed: int = 0, channels: int = 1) -> Path:
    """24 × 24; its head is ``dense_2``, fed by ``relu_2`` of 10 numbers."""
    layers = [Conv2D(4), ReLU(), MaxPool2D(), Flatten(), Dense(10), ReLU(), Dense(7)]
    Sequential(layers, (24, 24, channels), seed=seed).save(path)
    return path


def keras_model(path: Path, *, seed: int = 0, shape: tuple[int, int, int] = (32, 32, 3)) -> Path:
    """Its head is ``head``, fed by ``pool`` of 6 numbers."""
    import keras

    rate = keras.initializers.GlorotUniform(seed=seed)
    network = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(6, 3, activation="relu", kernel_initializer=rate, name="conv"),
            keras.layers.GlobalAveragePooling2D(name="pool"),
            keras.layers.Dense(7, kernel_initializer=rate, name="head"),
            keras.layers.Activation("softmax", name="shares"),
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras' own, in saving
        network.save(path)
    return path


def onnx_model(
    path: Path,
    *,
    seed: int = 0,
    shape: tuple[int | str, ...] = ("N", 3, 32, 40),
    kind: int = TensorProto.FLOAT,
) -> Path:
    """A convolution, a mean and a matrix: ``pool`` of 4 numbers, ``scores`` of 5."""
    rng = np.random.default_rng(seed)
    channels = shape[3] if shape[3] in (1, 3) else shape[1]
    weights = {
        "kernel": rng.normal(size=(4, int(channels), 3, 3)).astype(np.float32),
        "matrix": rng.normal(size=(4, 5)).astype(np.float32),
    }
    turn = [helper.make_node("Cast", ["pictures"], ["floats"], to=TensorProto.FLOAT)]
    if shape[3] in (1, 3):
        turn += [helper.make_node("Transpose", ["floats"], ["first"], perm=[0, 3, 1, 2])]
    else:
        turn += [helper.make_node("Identity", ["floats"], ["first"])]
    nodes = [
        *turn,
        helper.make_node("Conv", ["first", "kernel"], ["maps"]),
        helper.make_node("GlobalAveragePool", ["maps"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["pool"]),
        helper.make_node("MatMul", ["pool", "matrix"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pictures", kind, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    assert onnx.load(path).graph.name == "small"
    return path
