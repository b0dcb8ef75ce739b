from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinemotion.core.errors import BadInputError, WeightsError
from cinemotion.core.hashing import hash_file
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from shown import told_apart

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")

from cinemotion.flows.training.train import train  # noqa: E402
from cinemotion.learn.architectures.squeezenet import squeezenet  # noqa: E402

pytestmark = pytest.mark.slow


def _weights(path: Path, seed: int) -> Path:
    keras.utils.set_random_seed(seed)
    squeezenet((32, 32, 3), None).save_weights(path)
    return path


def _recipe(weights: Path) -> TrainRecipe:
    settings = {"model": "transfer:squeezenet", "weights": str(weights), "size": 32}
    return load_train_recipe(
        None, {**settings, "batch_size": 16, "epochs": 2, "frozen_epochs": 1, "thaw": 0.3}
    )


def test_a_transferred_model_is_a_folder_that_names_its_weights(tmp_path: Path) -> None:
    version = told_apart(tmp_path / "d", each=12)
    reference, out = f"{version.path}@v1", tmp_path / "model"
    recipe = _recipe(tmp_path / "squeezenet.weights.h5")
    with pytest.raises(WeightsError, match="no file of weights"):
        train(reference, out, recipe)
    assert not out.exists()
    weights = _weights(tmp_path / "squeezenet.weights.h5", seed=0)
    train(reference, out, recipe)
    card = json.loads((out / "card.json").read_text())
    assert card["data"]["weights_sha256"] == hash_file(weights)
    assert card["recipe"]["weights"] == weights.name  # not where it lay
    assert card["data"]["epochs"] == 2 and card["model"] == "transfer:squeezenet"
    assert {path.name for path in (out / "run").iterdir()} == {"stage0", "stage1"}
    assert train(reference, out, recipe).again
    _weights(weights, seed=1)
    with pytest.raises(BadInputError, match="another model"):
        train(reference, out, recipe)
