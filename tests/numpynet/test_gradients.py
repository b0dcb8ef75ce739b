"""Every layer's derivatives against finite differences, in float64, whatever Keras says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cinemotion.numpynet.layers import LAYERS, Layer
from cinemotion.numpynet.losses import softmax_cross_entropy

STEP = 1e-6
MADE: dict[str, list[dict[str, Any]]] = {
    "Conv2D": [
        {"filters": 4, "kernel": (3, 2), "stride": (1, 2), "padding": "same", "groups": 2},
        {"filters": 3, "kernel": 3, "padding": "valid"},
        {"filters": 2, "kernel": 1, "stride": 2, "bias": False},
    ],
    "Dense": [{"units": 3}],
    "MaxPool2D": [{}, {"size": (3, 2), "stride": (1, 2), "padding": "same"}],
    "AvgPool2D": [{}, {"size": (3, 2), "stride": (1, 2), "padding": "same"}],
    "Dropout": [{"rate": 0.4}],
}
CASES = [(kind, config) for kind in LAYERS for config in MADE.get(kind, [{}])]


@pytest.mark.parametrize(("kind", "config"), CASES, ids=lambda v: str(v))
def test_finite_differences(kind: str, config: dict[str, Any]) -> None:
    shape = (5,) if kind == "Dense" else (6, 7, 4)
    layer = LAYERS[kind](**config)
    layer.build(shape, np.random.default_rng(0))
    for arrays in (layer.params, layer.state):
        arrays.update({name: a.astype(np.float64) for name, a in arrays.items()})
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, *shape))
    grad = rng.standard_normal(_again(layer, x).shape)
    by_input = layer.backward(grad) if _again(layer, x) is not None else None
    assert by_input is not None and by_input.shape == x.shape
    _check(layer, x, grad, x, by_input)
    for name, weight in layer.params.items():
        _check(layer, x, grad, weight, layer.grads[name].copy())


def _check(layer: Layer, x: Any, grad: Any, changed: Any, claimed: Any) -> None:
    rng = np.random.default_rng(2)
    flat, claims = changed.reshape(-1), claimed.reshape(-1)
    for at in rng.choice(flat.size, size=min(25, flat.size), replace=False):
        before = flat[at]
        sums = []
        for step in (STEP, -STEP):
            flat[at] = before + step
            sums.append(np.sum(grad * _again(layer, x)))
        flat[at] = before
        assert claims[at] == pytest.approx((sums[0] - sums[1]) / (2 * STEP), abs=1e-6, rel=1e-5)


def _again(layer: Layer, x: Any) -> Any:
    """The same forward pass as before: dropout draws the same numbers."""
    if hasattr(layer, "_rng"):
        layer._rng = np.random.default_rng(7)
    return layer.forward(x, training=True)


@pytest.mark.parametrize("smoothing", [0, 0.2])
def test_the_loss(smoothing: float) -> None:
    rng = np.random.default_rng(0)
    logits, shares = rng.standard_normal((4, 5)), rng.dirichlet(np.ones(5), 4)
    _, grad = softmax_cross_entropy(logits, shares, smoothing)
    for place in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[place] += STEP
        up, _ = softmax_cross_entropy(moved, shares, smoothing)
        moved[place] -= 2 * STEP
        down, _ = softmax_cross_entropy(moved, shares, smoothing)
        assert grad[place] == pytest.approx((up - down) / (2 * STEP), abs=1e-7)
