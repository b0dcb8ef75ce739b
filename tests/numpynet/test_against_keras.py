"""Every layer gives what Keras gives: outputs and both kinds of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.numpynet import (
    ELU,
    GELU,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    GlobalAvgPool2D,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
    softmax_cross_entropy,
)

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

SIZES = st.integers(1, 11)
FEW = settings(max_examples=40, deadline=None)


def _compare(layer: Layer, theirs: Any, x: np.ndarray, weights: list[np.ndarray]) -> None:
    """Both layers on the same numbers: forward, by the input, by the weights."""
    rng = np.random.default_rng(1)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        out = theirs(tensor, training=True)
        grad = rng.standard_normal(out.shape).astype("f4")
        loss = tf.reduce_sum(out * grad)
    by_input, by_weights = tape.gradient(loss, (tensor, theirs.trainable_weights))
    ours = layer.forward(x, training=True)
    _close(ours, out)
    _close(layer.forward(x) if not layer.state else ours, out)
    _close(layer.backward(grad), by_input)
    for name, wanted in zip(layer.params, by_weights, strict=True):
        _close(layer.grads[name], wanted)
    assert len(weights) == len(by_weights)


def _close(ours: Any, theirs: Any) -> None:
    theirs = np.asarray(theirs)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * max(1, np.abs(theirs).max()))


def _random(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype("f4")


@given(
    n=st.integers(1, 3), height=SIZES, width=SIZES, channels=st.integers(1, 18),
    filters=st.integers(1, 40), kh=st.integers(1, 5), kw=st.integers(1, 5),
    stride=st.integers(1, 3), padding=st.sampled_from(["valid", "same"]), bias=st.booleans(),
)  # fmt: skip
@FEW
def test_convolution(
    n: int, height: int, width: int, channels: int, filters: int, kh: int, kw: int,
    stride: int, padding: str, bias: bool,
) -> None:  # fmt: skip
    height, width = max(height, kh), max(width, kw)
    layer = Conv2D(filters, (kh, kw), stride=stride, padding=padding, bias=bias)
    layer.build((height, width, channels), np.random.default_rng(0))
    theirs = keras.layers.Conv2D(filters, (kh, kw), stride, padding, use_bias=bias)
    theirs.build((None, height, width, channels))
    if bias:
        layer.params["bias"] = _random((filters,), 2)
    theirs.set_weights(list(layer.params.values()))
    x = _random((n, height, width, channels))
    _compare(layer, theirs, x, list(layer.params.values()))
    assert layer.output_shape((height, width, channels)) == layer.forward(x).shape[1:]


@pytest.mark.parametrize(("kh", "kw"), [(3, 2), (2, 5)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_different_strides_down_and_right(kh: int, kw: int, padding: str) -> None:
    """Keras' CPU kernels refuse unequal strides in some derivatives: only forward is theirs."""
    layer = Conv2D(4, (kh, kw), stride=(1, 2), padding=padding)
    layer.build((9, 12, 3), np.random.default_rng(0))
    x = _random((2, 9, 12, 3))
    theirs = tf.nn.conv2d(x, layer.params["weight"], [1, 1, 2, 1], padding.upper())
    _close(layer.forward(x), theirs)


@given(
    groups=st.integers(1, 4), per_group=st.integers(1, 5), filters=st.integers(1, 5),
    size=st.integers(3, 9), stride=st.integers(1, 2), padding=st.sampled_from(["valid", "same"]),
)  # fmt: skip
@FEW
def test_groups_are_convolutions_of_their_own(
    groups: int, per_group: int, filters: int, size: int, stride: int, padding: str
) -> None:
    """TensorFlow has no derivatives of grouped convolutions on CPU: a layer for each group."""
    grouped = Conv2D(filters * groups, 3, stride=stride, padding=padding, groups=groups)
    grouped.build((size, size, per_group * groups), np.random.default_rng(0))
    x = _random((2, size, size, per_group * groups))
    out = grouped.forward(x, training=True)
    grad = _random(out.shape, 3)
    by_input = grouped.backward(grad)
    assert by_input is not None
    for g in range(groups):
        inside, outside = (slice(g * k, (g + 1) * k) for k in (per_group, filters))
        single = keras.layers.Conv2D(filters, 3, stride, padding)
        single.build((None, size, size, per_group))
        single.set_weights(
            [grouped.params["weight"][..., outside], grouped.params["bias"][outside]]
        )
        with tf.GradientTape() as tape:
            part = tf.constant(x[..., inside])
            tape.watch(part)
            theirs = single(part)
            loss = tf.reduce_sum(theirs * grad[..., outside])
        dx, (dw, db) = tape.gradient(loss, (part, single.trainable_weights))
        _close(out[..., outside], theirs)
        _close(by_input[..., inside], dx)
        _close(grouped.grads["weight"][..., outside], dw)
        _close(grouped.grads["bias"][outside], db)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(MaxPool2D, "MaxPooling2D"), (AvgPool2D, "AveragePooling2D")]
)
@given(
    height=SIZES, width=SIZES, channels=st.integers(1, 20), kh=st.integers(1, 3),
    kw=st.integers(1, 3), stride=st.integers(1, 3), padding=st.sampled_from(["valid", "same"]),
)  # fmt: skip
@FEW
def test_pooling(
    ours: Any, theirs: str, height: int, width: int, channels: int, kh: int, kw: int,
    stride: int, padding: str,
) -> None:  # fmt: skip
    height, width = max(height, kh), max(width, kw)
    layer = ours((kh, kw), stride=stride, padding=padding)
    x = _random((2, height, width, channels))
    _compare(layer, getattr(keras.layers, theirs)((kh, kw), stride, padding), x, [])
    assert layer.output_shape((height, width, channels)) == layer.forward(x).shape[1:]


def test_of_equal_ones_the_first_gets_the_derivative() -> None:
    x = np.zeros((1, 4, 4, 1), np.float32)
    _compare(MaxPool2D(), keras.layers.MaxPooling2D(), x, [])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ReLU(), keras.layers.ReLU()),
        (LeakyReLU(0.2), keras.layers.LeakyReLU(0.2)),
        (ELU(), keras.layers.ELU()),
        (GELU(), keras.layers.Lambda(lambda x: keras.ops.gelu(x, approximate=True))),
        (SiLU(), keras.layers.Activation("silu")),
        (Sigmoid(), keras.layers.Activation("sigmoid")),
        (Tanh(), keras.layers.Activation("tanh")),
        (Softmax(), keras.layers.Softmax()),
        (GlobalAvgPool2D(), keras.layers.GlobalAveragePooling2D()),
    ],
    ids=lambda layer: type(layer).__name__,
)
@given(shape=st.tuples(st.integers(1, 3), SIZES, SIZES, st.integers(2, 20)))
@settings(max_examples=15, deadline=None)
def test_layers_without_weights(ours: Layer, theirs: Any, shape: tuple[int, ...]) -> None:
    _compare(ours, theirs, 3 * _random(shape), [])


@given(n=st.integers(1, 9), width=st.integers(1, 30), units=st.integers(1, 30))
@FEW
def test_dense(n: int, width: int, units: int) -> None:
    layer = Dense(units)
    layer.build((width,), np.random.default_rng(0))
    theirs = keras.layers.Dense(units)
    theirs.build((None, width))
    theirs.set_weights(list(layer.params.values()))
    _compare(layer, theirs, _random((n, width)), list(layer.params.values()))


@given(n=st.integers(2, 5), size=SIZES, channels=st.integers(1, 20), flat=st.booleans())
@FEW
def test_batch_normalisation(n: int, size: int, channels: int, flat: bool) -> None:
    shape = (n * 3, channels) if flat else (n, size, size + 1, channels)
    layer = BatchNorm2D(momentum=0.9)
    layer.build(shape[1:], np.random.default_rng(0))
    layer.params |= {"scale": _random((channels,), 4), "shift": _random((channels,), 5)}
    theirs = keras.layers.BatchNormalization(momentum=0.9)
    theirs.build(shape)
    theirs.set_weights([*layer.params.values(), *layer.state.values()])
    x = 2 + 3 * _random(shape)
    _compare(layer, theirs, x, list(layer.params.values()))
    _close(layer.state["mean"], theirs.moving_mean)
    _close(layer.state["variance"], theirs.moving_variance)
    _close(layer.forward(x), theirs(x, training=False))


@given(n=st.integers(1, 9), classes=st.integers(2, 9), hard=st.booleans(), scale=st.floats(0.1, 50))
@FEW
def test_cross_entropy(n: int, classes: int, hard: bool, scale: float) -> None:
    rng = np.random.default_rng(n)
    labels = rng.integers(classes, size=n)
    shares = np.eye(classes, dtype="f4")[labels] if hard else rng.dirichlet(np.ones(classes), n)
    logits = scale * _random((n, classes))
    with tf.GradientTape() as tape:
        tensor = tf.constant(logits)
        tape.watch(tensor)
        theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(
            tf.constant(shares.astype("f4")), tensor
        )
    loss, grad = softmax_cross_entropy(logits, labels if hard else shares, smoothing=0.1)
    assert loss == pytest.approx(float(theirs), abs=1e-4 * max(1, abs(float(theirs))))
    _close(grad, tape.gradient(theirs, tensor))
