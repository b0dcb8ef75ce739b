"""From a recipe to a trained model: its network, its stages, its batches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from cinemotion.core.types import Floats
from cinemotion.learn.models import open_model
from cinemotion.learn.order import Rows
from cinemotion.learn.training.batches import Batches
from cinemotion.learn.training.checkpoint import History
from cinemotion.learn.training.fit import Develop, Watch, fit
from cinemotion.learn.training.recipe import TrainRecipe
from cinemotion.learn.training.targets import class_weights


class Learned(Protocol):
    """What is learned from: as ``flows/training/data.py`` has it."""

    shares: Floats

    def read(self, rows: Rows) -> Floats:
        """Pictures, float32 ``(m, H, W, 3)``, 0 to 255, of rows ``(m,)``."""

    def __len__(self) -> int: ...


class Data(Protocol):
    """Classes and samples."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes."""

    @property
    def train(self) -> Learned:
        """What is learned from."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """Gives the batches of a run from any epoch on."""

    recipe: TrainRecipe
    samples: Learned
    shares: Floats

    def __call__(self, epoch: int) -> Batches:
        recipe = self.recipe
        weights = chances = None
        if recipe.balance != "none":
            # A sample counts as its classes do.
            counts = self.shares @ class_weights(self.shares)
            if recipe.balance == "weights":
                weights = counts.astype(np.float32)
            else:
                chances = counts.astype(np.float64) / counts.sum(dtype=np.float64)
        return Batches(
            self.samples.read,
            self.shares,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            epoch=epoch,
            mix=recipe.mix,
            weights=weights,
            chances=chances,
        )


def run_recipe(
    recipe: TrainRecipe,
    data: Data,
    develop: Develop,
    folder: Path,
    digest: str,
    watch: Watch | None = None,
) -> tuple[keras.Model, History]:
    """Train the model of a recipe; a run that was stopped goes on.

    Args:
        recipe: How.
        data: Classes and samples.
        develop: What choices are made on.
        folder: Where the state lies.
        digest: Of all that decides the run.
        watch: Told how it goes.

    Returns:
        The model with the weights of its best epoch, and a row for each epoch.

    Raises:
        BadInputError: The recipe cannot be used, or the loss is no number any more.
        StorageFullError: The disk is full; the same command goes on.
    """
    keras.utils.set_random_seed(recipe.seed)
    if recipe.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        size = (recipe.size, recipe.size)
        model = open_model(recipe.model, size, len(data.classes), seed=recipe.seed)
    finally:
        keras.config.set_dtype_policy("float32")
    feed = _Feed(recipe, data.train, data.train.shares)
    history = fit(model, feed, develop, recipe, folder, digest=digest, watch=watch)
    return model, history
