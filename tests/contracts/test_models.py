"""What every model to train keeps: pictures as they are, seeds, files, and that it can learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.learn.models import MODELS, open_model

keras = pytest.importorskip("keras")

LARGEST = {"mini": 100_000, "compact": 1_000_000, "reference": 6_000_000}
SIZE = (36, 32)


def _pictures(n: int = 14) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *SIZE, 3), dtype=np.uint8)


@pytest.fixture(params=MODELS, scope="module")
def model(request: pytest.FixtureRequest) -> Any:
    return open_model(request.param, SIZE, 7, seed=0)


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
    grey = np.full((1, *SIZE, 3), 100, np.float32)
    colour = grey + np.array([58.7, -29.9, 0], np.float32)  # 0.299 · 58.7 − 0.587 · 29.9 = 0
    np.testing.assert_allclose(np.asarray(model(colour)), np.asarray(model(grey)), atol=1e-4)


def test_the_seed_decides(model: Any) -> None:
    pictures = _pictures(3)
    same, other = (open_model(model.name, SIZE, 7, seed=seed) for seed in (0, 1))
    said = np.asarray(model(pictures))
    np.testing.assert_allclose(np.asarray(same(pictures)), said, atol=1e-5)
    assert not np.allclose(np.asarray(other(pictures)), said, atol=1e-3)


# Keras' own way of reading variables when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_saved_and_loaded_it_says_the_same(model: Any, tmp_path: Path) -> None:
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")  # nothing of ours is needed
    said, before = (np.asarray(each(_pictures())) for each in (again, model))
    np.testing.assert_allclose(said, before, atol=1e-5)


def test_it_learns_fourteen_pictures_by_heart(model: Any) -> None:
    fresh = open_model(model.name, SIZE, 7, seed=1)
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
