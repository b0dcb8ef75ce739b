"""What every model to train keeps: pictures as they are, seeds, files, and that it can learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.learn.models import BACKBONES, MODELS, open_model

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.slow

LARGEST = {"mini": 100_000, "compact": 1_000_000, "reference": 6_000_000}
LARGEST |= {"transfer-vgg16": 15_000_000, "transfer-resnet50": 24_000_000}
LARGEST |= {"transfer-mobilenetv3": 3_100_000, "transfer-efficientnetv2": 6_000_000}
LARGEST |= {"transfer-convnext": 28_000_000}
LARGEST |= {"transfer-face-resnet": 5_600_000, "transfer-face-resnet-small": 3_300_000}
SIZE = (36, 32)
NAMES = [*(name for name in MODELS if name != "transfer"), *(f"transfer:{b}" for b in BACKBONES)]


def _pictures(n: int = 14) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *SIZE, 3), dtype=np.uint8)


def _open(model: str, seed: int) -> Any:
    """With random weights: the network is not there."""
    return open_model(model.replace("transfer-", "transfer:"), SIZE, 7, seed=seed, weights="none")


def _of_ours(model: Any) -> bool:
    return not model.name.startswith("transfer-")


@pytest.fixture(params=NAMES, scope="module")
def model(request: pytest.FixtureRequest) -> Any:
    return _open(request.param, seed=0)


def test_levels_go_in_and_logits_come_out(model: Any) -> None:
    pictures = _pictures()
    logits = np.asarray(model(pictures))
    assert logits.shape == (14, 7) and np.isfinite(logits).all()
    np.testing.assert_allclose(np.asarray(model(pictures.astype("f4"))), logits, atol=1e-5)
    one = np.concatenate([np.asarray(model(pictures[i : i + 1])) for i in range(3)])
    np.testing.assert_allclose(one, logits[:3], atol=1e-4)


def test_it_is_as_small_as_promised(model: Any) -> None:
    assert model.count_params() <= LARGEST.get(model.name, 1_000_000)


def test_colour_makes_no_difference(model: Any) -> None:
    """Of two pictures of equal luma, one in colour: expressions are shapes."""
    blind = model.name.endswith("-bn") or "face-resnet" in model.name
    if not _of_ours(model) and not blind:
        pytest.skip("ImageNet's networks see colours")
    grey = np.full((1, *SIZE, 3), 100, np.float32)
    colour = grey + np.array([58.7, -29.9, 0], np.float32)  # 0.299 · 58.7 − 0.587 · 29.9 = 0
    np.testing.assert_allclose(np.asarray(model(colour)), np.asarray(model(grey)), atol=1e-4)


def test_the_seed_decides(model: Any) -> None:
    pictures = _pictures(3)
    same, other = (_open(model.name, seed=seed) for seed in (0, 1))
    said = np.asarray(model(pictures))
    np.testing.assert_allclose(np.asarray(same(pictures)), said, atol=1e-5)
    # Random weights without statistics of pictures leave some of Keras' with tiny logits.
    assert not np.allclose(np.asarray(other(pictures)), said, rtol=1e-2, atol=0)


# Keras' own way of reading variables when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_saved_and_loaded_it_says_the_same(model: Any, tmp_path: Path) -> None:
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")  # nothing of ours is needed
    said, before = (np.asarray(each(_pictures())) for each in (again, model))
    np.testing.assert_allclose(said, before, atol=1e-5)


def test_it_learns_fourteen_pictures_by_heart(model: Any) -> None:
    if not _of_ours(model):
        pytest.skip("from random weights it takes longer; see tests/learn/test_transfer.py")
    fresh = _open(model.name, seed=1)
    labels = np.arange(14) % 7
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    fresh.compile(keras.optimizers.Adam(3e-3), loss)
    fresh.fit(_pictures(), labels, batch_size=14, epochs=30, verbose=0)
    # With the batch's own statistics: the running ones need more steps than these.
    predicted = np.asarray(fresh(_pictures(), training=True)).argmax(axis=1)
    assert (predicted == labels).mean() > 0.8


def test_mistakes_are_named() -> None:
    with pytest.raises(BadInputError, match="brief-cnn"):
        open_model("huge", (48, 48), 7, seed=0)
    with pytest.raises(BadInputError, match="32 pixels or more"):
        open_model("mini", (48, 20), 7, seed=0)
    with pytest.raises(BadInputError, match="at least 2 classes"):
        open_model("mini", (48, 48), 1, seed=0)
    with pytest.raises(BadInputError, match="squeezenet, squeezenet-bn, vgg16"):
        open_model("transfer:alexnet", (48, 48), 7, seed=0)
    with pytest.raises(BadInputError, match="choose one of: convnext"):
        open_model("transfer", (48, 48), 7, seed=0)
    with pytest.raises(BadInputError, match="nothing after a colon"):
        open_model("mini:squeezenet", (48, 48), 7, seed=0)
    with pytest.raises(BadInputError, match="starts from random weights"):
        open_model("mini", (48, 48), 7, seed=0, weights="imagenet")
    with pytest.raises(WeightsError, match=r"no file of weights .*absent\.h5"):
        open_model("transfer:vgg16", (48, 48), 7, seed=0, weights="absent.h5")
