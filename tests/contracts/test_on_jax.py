"""Models and augmentations on Keras' other backend: built, trained for some steps, and asked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.slow
def test_a_model_learns_on_jax() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
