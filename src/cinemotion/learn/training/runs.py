"""From a recipe to a trained model: its network, its stages, its batches.

A recipe may have stages, each a run of :func:`~cinemotion.learn.training.fit.fit` with a folder
of its own. Those of ``transfer:NAME`` are ``stage0``, in which only the head learns, and
``stage1``, in which the top of the backbone learns too; with ``finish_epochs`` any recipe ends
with ``finish``. A run of one stage lies in the folder itself; with random weights there is no
``stage0``, as nothing is gained by keeping them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Floats
from cinemotion.learn.models import NO_WEIGHTS, is_transfer, open_model
from cinemotion.learn.order import Rows
from cinemotion.learn.training.batches import Batches
from cinemotion.learn.training.checkpoint import History
from cinemotion.learn.training.fit import Develop, fit
from cinemotion.learn.training.recipe import TrainRecipe
from cinemotion.learn.training.targets import class_weights
from cinemotion.learn.training.teaching import learn_from
from cinemotion.learn.training.watch import Watch


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
    """Gives the batches of a run, or of a stage that comes after so many epochs."""

    recipe: TrainRecipe
    samples: Learned
    shares: Floats

    def __call__(self, before: int) -> Batches:
        recipe = self.recipe
        weights = chances = None
        if recipe.balance != "none":
            # A sample counts as its classes do.
            first = self.shares if self.shares.ndim == 2 else self.shares[:, 0]
            counts = first @ class_weights(first)
            if recipe.balance == "weights":
                weights = counts.astype(np.float32)
            else:
                chances = counts.astype(np.float64) / counts.sum(dtype=np.float64)
        return Batches(
            self.samples.read,
            self.shares,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            before=before,
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
    *,
    also: Mapping[str, Floats] | None = None,
    first: str | None = None,
) -> tuple[keras.Model, History]:
    """Train the model of a recipe; a run that was stopped goes on.

    Args:
        recipe: How.
        data: Classes and samples.
        develop: What choices are made on.
        folder: Where the state lies.
        digest: Of all that decides the run.
        watch: Told how it goes; it counts the epochs of all stages.
        also: By name, further labels of the samples, as ``data.train.shares`` but rows of zeros
            where there is none: each is learned by a head of its own, whose logits come after
            those before.
        first: Who gave the labels in ``data``, if that was one annotator: a teacher may know them
            by that name.

    Returns:
        The model with the weights of its best epoch, and a row for each epoch.

    Raises:
        BadInputError: The recipe cannot be used, or the loss is no number any more.
        StorageFullError: The disk is full; the same command goes on.
        WeightsError: The weights to start from cannot be had, or are another network's.
    """
    keras.utils.set_random_seed(recipe.seed)
    also = also or {}
    logits = len(data.classes) * (1 + len(also))
    model = _opened(recipe, logits, recipe.weights)
    sets = {"": data.train.shares, **also}
    if recipe.teachers:
        sets = learn_from(
            recipe.teachers,
            data.classes,
            data.train.read,
            sets,
            share=recipe.teacher_share,
            temperature=recipe.teacher_temperature,
            first=first,
        )
    shares = np.stack(list(sets.values()), axis=1) if also else sets[""]
    feed = _Feed(recipe, data.train, shares)
    stages = _stages(recipe)
    if stages:
        history = _in_stages(model, stages, feed, develop, folder, digest, watch)
    else:
        heads = len(sets)
        history = fit(
            model, feed(0), develop, recipe, folder, digest=digest, heads=heads, watch=watch
        )
    if recipe.mixed_precision:  # what is kept computes in float32 on every machine
        plain = recipe.model_copy(update={"mixed_precision": False})
        weights = NO_WEIGHTS if is_transfer(recipe.model) else None
        whole = _opened(plain, logits, weights)
        whole.set_weights(model.get_weights())
        model = whole
    return _both_ways(model) if recipe.mirror else model, history


def _both_ways(model: keras.Model) -> keras.Model:
    """A model that looks at each picture as it is and mirrored, and gives the mean of its logits.

    A smile is one in a mirror too, but a network that was trained on both does not quite say so;
    the mean of two answers is more often right than one.
    """
    picture = keras.Input(model.input_shape[1:], name="pictures")
    found = keras.layers.Average(name="logits")([model(picture), model(picture[:, :, ::-1])])
    return keras.Model(picture, found, name=f"{model.name}-both-ways")


def _opened(recipe: TrainRecipe, classes: int, weights: str | None) -> keras.Model:
    """The recipe's model, at the recipe's precision."""
    if recipe.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        size = (recipe.size, recipe.size)
        return open_model(recipe.model, size, classes, seed=recipe.seed, weights=weights)
    finally:
        keras.config.set_dtype_policy("float32")


@dataclass(frozen=True, slots=True)
class _Stage:
    """A part of a run: how many epochs, how, and what share of a backbone learns, if it has one."""

    name: str
    epochs: int
    recipe: TrainRecipe
    share: float | None


def _stages(recipe: TrainRecipe) -> list[_Stage]:
    """The stages of a run; none where it has but one, with everything learning at one rate."""
    grown = is_transfer(recipe.model) and recipe.weights != NO_WEIGHTS
    finish = min(recipe.finish_epochs, recipe.epochs)
    if not grown and not finish:
        return []
    whole = recipe.epochs - finish
    last = recipe.model_copy(update={"policy": recipe.finish_policy})
    if not grown:
        stages = [_Stage("stage1", whole, recipe, None)]
        finishing = _slower(last, recipe.finish_rate, 2)
    else:
        frozen = min(recipe.frozen_epochs, whole) if recipe.thaw else whole
        stages = [
            _Stage("stage0", frozen, recipe, 0.0),
            _Stage("stage1", whole - frozen, _slower(recipe, recipe.thawed_rate, 1), recipe.thaw),
        ]
        finishing = _slower(last, recipe.thawed_rate * recipe.finish_rate, 2)
    stages.append(_Stage("finish", finish, finishing, recipe.thaw if grown else None))
    return [stage for stage in stages if stage.epochs]


def _slower(recipe: TrainRecipe, factor: float, stage: int) -> TrainRecipe:
    """The recipe at a smaller rate; its augmentations would else begin with the same numbers."""
    rate = recipe.optimiser.learning_rate * factor
    optimiser = recipe.optimiser.model_copy(update={"learning_rate": rate})
    return recipe.model_copy(update={"optimiser": optimiser, "seed": recipe.seed + stage})


def _in_stages(
    model: keras.Model,
    stages: Sequence[_Stage],
    feed: _Feed,
    develop: Develop,
    folder: Path,
    digest: str,
    watch: Watch | None,
) -> History:
    """Every stage starts from the best weights of those before, and the best of all remain."""
    from cinemotion.learn.architectures.transfer import freeze, thaw

    history: History = []
    best, held = -1.0, []
    left = sum(stage.epochs for stage in stages)
    for stage in stages:
        if stage.share:
            thaw(model, stage.share)
        elif stage.share is not None:
            freeze(model)
        later = _Later(len(history), len(history) + left, watch)
        rows = fit(
            model,
            feed(len(history)),
            develop,
            stage.recipe,
            folder / stage.name,
            digest=hash_json([digest, stage.name]),
            epochs=stage.epochs,
            heads=1 if feed.shares.ndim == 2 else feed.shares.shape[1],
            watch=later,
        )
        found = max(row["dev_accuracy"] for row in rows)
        if found > best:
            best = found
            held = [variable.numpy() for variable in model.variables]
        history += [later.counted(row) for row in rows]
        left -= stage.epochs
    for variable, value in zip(model.variables, held, strict=True):
        variable.assign(value)
    return history


@dataclass(frozen=True, slots=True)
class _Later:
    """Counts the epochs of a stage on from those before it."""

    before: int
    epochs: int
    watch: Watch | None

    def counted(self, row: dict[str, float]) -> dict[str, float]:
        return row | {"epoch": row["epoch"] + self.before}

    def step(self, epoch: int, epochs: int, done: int, total: int, loss: float) -> None:
        if self.watch is not None:
            self.watch.step(self.before + epoch, self.epochs, done, total, loss)

    def epoch(self, row: dict[str, float]) -> None:
        if self.watch is not None:
            self.watch.epoch(self.counted(row))
