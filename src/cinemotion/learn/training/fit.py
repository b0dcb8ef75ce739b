"""Train a model: epochs, their measures on development samples, and what is kept of them.

    history = fit(model, batches, develop, recipe, folder, digest="…")
    # the model now holds the weights of the epoch that was best on the development samples

After every epoch the state is written, while all in it are numbers; a run that was stopped goes on
behind the last finished epoch, with the same numbers as if it had not been stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np

from cinemotion.core.errors import DivergedError
from cinemotion.core.types import Floats
from cinemotion.core.writing import replacing
from cinemotion.learn.augment import open_policy
from cinemotion.learn.augmenting.grey import Grey, Repeat
from cinemotion.learn.scores import accuracy, cross_entropy, macro_f1, softmax
from cinemotion.learn.training.batches import Batches
from cinemotion.learn.training.checkpoint import History, all_finite, load_state, save_state
from cinemotion.learn.training.compiled import averages, make_loss, make_optimiser
from cinemotion.learn.training.recipe import TrainRecipe
from cinemotion.learn.training.watch import Watch


@dataclass(frozen=True, slots=True)
class Develop:
    """The samples that choices are made on.

    Attributes:
        read: Gives the pictures, float32 ``(m, H, W, 3)``, of rows ``[start, stop)``.
        shares: Labels, float32 ``(n, k)``.
        also: Further sets of labels, as ``shares`` but rows of zeros where there is none; logits
            are of one set after another.
    """

    read: Callable[[int, int], Floats]
    shares: Floats
    also: tuple[Floats, ...] = ()


def fit(
    model: keras.Model,
    batches: Batches,
    develop: Develop,
    recipe: TrainRecipe,
    folder: Path,
    *,
    digest: str,
    epochs: int | None = None,
    heads: int = 1,
    watch: Watch | None = None,
) -> History:
    """Train a model; see the module's docstring.

    Args:
        model: Gives logits. Layers of it that are not trainable stay.
        batches: What is learned from.
        develop: What the best epoch is chosen on.
        recipe: How.
        folder: Where the state lies: ``state.npz`` and ``best.npz``.
        digest: Of all that decides the run.
        epochs: How many; without it, the recipe's.
        heads: How many sets of labels the logits are of, one after another.
        watch: Is told how it goes.

    Returns:
        A row for each epoch: ``epoch`` (from 1), ``loss``, ``accuracy``, ``dev_loss``,
        ``dev_accuracy``, ``dev_macro_f1``, ``seconds``.

    Raises:
        BadInputError: The folder is of another run.
        DivergedError: The loss or a weight is no number any more.
        StorageFullError: The disk is full.
    """
    epochs = epochs or recipe.epochs
    policy = open_policy(recipe.policy, seed=recipe.seed)
    if recipe.grey:
        policy = [Grey(), *policy, Repeat()]
    trainer = keras.Sequential([keras.Input(model.input_shape[1:]), *policy, model])
    if heads > 1:
        trainer.add(keras.layers.Reshape((heads, model.output_shape[-1] // heads)))
    per_epoch = len(batches)
    warmup = round(recipe.optimiser.warmup * per_epoch)
    trainer.compile(
        optimizer=make_optimiser(recipe.optimiser, steps=epochs * per_epoch, warmup=warmup),
        loss=make_loss(recipe.loss),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        # TensorFlow's own kernels are several times as fast as XLA's on a CPU.
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )
    trainer.optimizer.build(trainer.trainable_variables)
    folder.mkdir(parents=True, exist_ok=True)
    history = load_state(folder / "state.npz", trainer, digest)
    if not _over(history, epochs, recipe.patience):
        keeper = _Keeper(model, batches, develop, recipe, folder, digest, epochs, history, watch)
        trainer.fit(
            batches,
            epochs=epochs,
            initial_epoch=len(history),
            callbacks=[keeper, *_boards(folder)],
            shuffle=False,
            verbose=0,
        )
    _restore(folder / "best.npz", model)
    return history


def _boards(folder: Path) -> list[keras.callbacks.Callback]:
    """Logs for TensorBoard, where that is installed: it brings what writes them."""
    if keras.backend.backend() != "tensorflow" or find_spec("tensorboard") is None:
        return []
    return [keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Measures, saves, and stops."""

    def __init__(
        self,
        inner: keras.Model,
        batches: Batches,
        develop: Develop,
        recipe: TrainRecipe,
        folder: Path,
        digest: str,
        epochs: int,
        history: History,
        watch: Watch | None,
    ) -> None:
        super().__init__()
        self._inner = inner
        self._batches = batches
        self._develop = develop
        self._recipe = recipe
        self._folder = folder
        self._digest = digest
        self._epochs = epochs
        self._history = history
        self._watch = watch
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.monotonic()
        self._batches.begin(epoch + 1)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            self._give_up(f"the loss became {loss} in step {batch + 1} of epoch")
        if self._watch is not None:
            total = int(self.params["steps"])
            self._watch.step(len(self._history) + 1, self._epochs, batch + 1, total, loss)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # The loss is of before the last step, which may have been the one that went wrong.
        if not all_finite(self.model):
            self._give_up("weights were no numbers any more at the end of epoch")
        row = {"epoch": float(epoch + 1)}
        row |= {name: float((logs or {})[name]) for name in ("loss", "accuracy")}
        best = max((row["dev_accuracy"] for row in self._history), default=-1.0)
        with _Averaged(self.model):
            row |= measure(self._inner, self._develop)
            if row["dev_accuracy"] > best:
                _keep(self._folder / "best.npz", self._inner)
        row["seconds"] = time.monotonic() - self._began
        self._history.append(row)
        save_state(self._folder / "state.npz", self.model, self._history, self._digest)
        if logs is not None:  # for the logs that are written behind this callback
            logs.update({name: row[name] for name in row if name.startswith("dev_")})
        if self._watch is not None:
            self._watch.epoch(row)
        if _over(self._history, self._epochs, self._recipe.patience):
            self.model.stop_training = True

    def _give_up(self, what: str) -> NoReturn:
        done = len(self._history)
        kept = f"the state after epoch {done} is kept in {self._folder}" if done else "none is kept"
        raise DivergedError(
            f"{what} {done + 1}; {kept}; try a lower learning rate than "
            f"{self._recipe.optimiser.learning_rate:g}, or a smaller clip"
        )


class _Averaged:
    """The means of the weights in place of the weights, for a while, without a rounding error."""

    def __init__(self, trainer: keras.Model) -> None:
        self._weights = trainer.trainable_variables
        self._means = averages(trainer.optimizer)
        self._held: list[Any] = []

    def __enter__(self) -> None:
        if self._means is not None:
            self._held = [weight.numpy() for weight in self._weights]
            for weight, mean in zip(self._weights, self._means, strict=True):
                weight.assign(mean)

    def __exit__(self, *_: object) -> None:
        for weight, value in zip(self._weights, self._held, strict=self._means is not None):
            weight.assign(value)


def measure(model: keras.Model, develop: Develop) -> dict[str, float]:
    """How good a model is on development samples; of several sets of labels, the means."""
    sets = (develop.shares, *develop.also)
    parts = np.split(predict_logits(model, develop), len(sets), axis=1)
    rows = [_measured(logits, shares) for logits, shares in zip(parts, sets, strict=True)]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _measured(logits: Floats, shares: Floats) -> dict[str, float]:
    labelled = shares.any(axis=1)
    logits, shares = logits[labelled], shares[labelled]
    truth, found = shares.argmax(axis=1), logits.argmax(axis=1)
    return {
        "dev_loss": cross_entropy(shares, softmax(logits)),
        "dev_accuracy": accuracy(truth, found),
        "dev_macro_f1": macro_f1(truth, found, classes=logits.shape[1]),
    }


def predict_logits(model: keras.Model, develop: Develop, batch_size: int = 256) -> Floats:
    """The logits of all development samples, float32 ``(n, k)``, of all heads."""
    n = len(develop.shares)
    parts = [
        np.asarray(model.predict_on_batch(develop.read(at, min(n, at + batch_size))))
        for at in range(0, n, batch_size)
    ]
    out: Floats = np.concatenate(parts).astype(np.float32)
    return out


def _over(history: History, epochs: int, patience: int) -> bool:
    if len(history) >= epochs:
        return True
    scores = [row["dev_accuracy"] for row in history]
    return bool(patience and scores and len(scores) - 1 - int(np.argmax(scores)) >= patience)


def _keep(path: Path, model: keras.Model) -> None:
    values = [variable.numpy() for variable in model.variables]
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez(file, *values)


def _restore(path: Path, model: keras.Model) -> None:
    with np.load(path, allow_pickle=False) as values:
        for i, variable in enumerate(model.variables):
            variable.assign(values[f"arr_{i}"])
