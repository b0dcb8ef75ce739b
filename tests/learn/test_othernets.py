"""The same network in NumPy, in Keras and in ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.learn.kerasnet import from_keras, to_keras
from cinemotion.learn.onnxnet import write_onnx
from cinemotion.numpynet import Sequential, classic
from cinemotion.numpynet.layers import LAYERS, Conv2D, Dense, Flatten, GlobalAvgPool2D, Layer

keras = pytest.importorskip("keras")

SHAPE = (13, 10, 4)
MADE = {
    "Conv2D": {"filters": 6, "kernel": (3, 2), "stride": 2, "padding": "same", "groups": 2},
    "Dense": {"units": 5},
    "Dropout": {"rate": 0.3},
    "MaxPool2D": {"size": 3, "stride": 2, "padding": "same"},
    "AvgPool2D": {"size": 3, "stride": 2, "padding": "same"},
}


def _net(kind: str) -> Sequential:
    before: list[Layer] = [GlobalAvgPool2D()] if kind == "Dense" else [Conv2D(4, padding="same")]
    net = Sequential([*before, LAYERS[kind](**MADE.get(kind, {}))], SHAPE, seed=3)
    rng = np.random.default_rng(0)
    for layer in net.layers:
        for arrays in (layer.params, layer.state):
            for name, weight in arrays.items():
                arrays[name] = (1 + rng.random(weight.shape)).astype("f4")
    return net


def _pictures(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((3, *shape)).astype("f4")


@pytest.mark.parametrize("kind", LAYERS)
def test_there_and_back_through_keras(kind: str) -> None:
    net, x = _net(kind), _pictures()
    model = to_keras(net)
    expected = net.forward(x)
    np.testing.assert_allclose(np.asarray(model(x)), expected, rtol=1e-4, atol=1e-4)
    again = from_keras(model)
    np.testing.assert_array_equal(again.forward(x), expected)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in net.layers]


@pytest.mark.parametrize("kind", LAYERS)
def test_onnx_gives_the_same(kind: str, tmp_path: Path) -> None:
    net, x = _net(kind), _pictures()
    write_onnx(net, tmp_path / "net.onnx")
    _same_as_onnx(net, x, tmp_path / "net.onnx")


def test_onnx_of_pictures_of_any_size(tmp_path: Path) -> None:
    write_onnx(classic(), tmp_path / "net.onnx")
    for size in (30, 50):
        _same_as_onnx(classic(), _pictures((size, size + 7, 3)), tmp_path / "net.onnx")


def test_onnx_flattens_in_our_order(tmp_path: Path) -> None:
    net = Sequential([Conv2D(3), Flatten(), Dense(4)], SHAPE)
    write_onnx(net, tmp_path / "net.onnx")
    _same_as_onnx(net, _pictures(), tmp_path / "net.onnx")


def test_activations_inside_keras_layers_become_layers() -> None:
    model = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Conv2D(3, 3, activation="relu"), keras.layers.Flatten()]
    )
    net = from_keras(model)
    assert [layer.name for layer in net.layers] == ["conv2d_1", "relu_1", "flatten_1"]
    x = _pictures()
    np.testing.assert_allclose(net.forward(x), np.asarray(model(x)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (keras.layers.SeparableConv2D(3, 3), "nothing for Keras' SeparableConv2D"),
        (keras.layers.Conv2D(3, 3, dilation_rate=2), "no dilated convolutions"),
        (keras.layers.Conv2D(3, 3, activation="mish"), "no activation 'mish'"),
        (keras.layers.BatchNormalization(scale=False), "has scale and shift"),
        (keras.layers.ReLU(max_value=6), "no other limit"),
    ],
)
def test_what_numpynet_lacks_is_named(layer: object, line: str) -> None:
    with pytest.raises(BadInputError, match=line):
        from_keras(keras.Sequential([keras.Input(SHAPE), layer]))


def test_a_model_that_is_not_built_is_refused() -> None:
    with pytest.raises(BadInputError, match="not built"):
        from_keras(keras.Sequential([keras.layers.Dense(3)]))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot write"):
        write_onnx(classic(), tmp_path / "nowhere" / "net.onnx")


def _same_as_onnx(net: Sequential, x: np.ndarray, path: Path) -> None:
    session = onnxruntime.InferenceSession(str(path))
    (theirs,) = session.run(None, {"pictures": x})
    np.testing.assert_allclose(theirs, net.forward(x), rtol=1e-4, atol=1e-4)
