"""Models and augmentations on Keras' other backend: built, trained, and asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cinemotion.learn.classifier import open_classifier
from cinemotion.learn.modelfolder import read_card
from shown import shown, told_apart

pytest.importorskip("keras")
pytest.importorskip("jax")

CODE = """
import keras, numpy as np
from cinemotion.learn.augment import open_policy
from cinemotion.learn.models import open_model

assert keras.backend.backend() == "jax"
pictures = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype("float32")
shares = np.eye(2, dtype="float32")[np.arange(8) % 2]
pictures[1::2] = 255 - pictures[1::2] / 4
model = open_model("mini", (32, 32), 2, seed=0)
trainer = keras.Sequential([keras.Input((32, 32, 3)), *open_policy("film", seed=0), model])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
trainer.compile(keras.optimizers.AdamW(3e-3), loss)
losses = trainer.fit(pictures, shares, batch_size=8, epochs=12, verbose=0).history["loss"]
assert losses[-1] < 0.7 * losses[0], losses
assert model.predict(pictures, verbose=0).shape == (8, 2)
changed = pictures
for layer in open_policy("strong", seed=0)[:4]:
    changed = np.asarray(layer(changed, training=True))
assert changed.shape == pictures.shape and 0 <= changed.min() and changed.max() <= 255
"""


TRAINED = """
import sys
from cinemotion.flows.training.train import train
from cinemotion.learn.training.recipe import load_train_recipe
from tinynets import tiny_known

with tiny_known():
    recipe = load_train_recipe(None, {"model": "tiny", "size": 32, "batch_size": 16, "epochs": 1})
    train(sys.argv[1], sys.argv[2], recipe)
import keras
assert keras.backend.backend() == "jax"
"""


def _on_jax(*command: str) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_a_model_learns_on_jax() -> None:
    _on_jax("-c", CODE)


@pytest.mark.slow
def test_a_training_on_jax_ends_with_a_whole_model(tmp_path: Path) -> None:
    """TensorFlow, which writes it as ONNX, runs in a process of its own."""
    pytest.importorskip("tf2onnx")
    version = told_apart(tmp_path / "d")
    _on_jax("-c", TRAINED, f"{version.path}@v1", str(tmp_path / "m"))
    card = read_card(tmp_path / "m")
    assert set(card.hashes) == {"model.onnx", "model.keras"}
    assert {path.name for path in (tmp_path / "m").glob("*.onnx*")} == {"model.onnx"}
    found = open_classifier(tmp_path / "m")([shown("sad", 1)])
    np.testing.assert_allclose(found.sum(axis=1), 1)
