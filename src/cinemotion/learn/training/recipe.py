"""Training recipes: everything that decides how a model is trained.

    recipe = load_train_recipe(Path("compact.toml"), {"epochs": 5})
    recipe.model, recipe.optimiser.learning_rate

A recipe is a TOML file whose keys are the fields below; what it leaves out takes the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cinemotion.core.toml import read_recipe

_LATER = (
    *("thawed_rate", "mirror", "grey", "eight_bits"),
    *("finish_epochs", "finish_policy", "finish_rate"),
)
"""Fields of :class:`TrainRecipe` that were added after runs had been begun without them."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Loss(_Section):
    """What is made small.

    Attributes:
        name: ``cross-entropy``, or ``focal`` (Lin et al. 2017), which counts what is sure less.
        gamma: How much less; of ``focal`` alone.
        smoothing: A share of every label that is spread evenly over all classes.
    """

    name: Literal["cross-entropy", "focal"] = "cross-entropy"
    gamma: float = Field(2.0, ge=0, le=10)
    smoothing: float = Field(0.0, ge=0, lt=1)


class Optimiser(_Section):
    """How weights are changed.

    Attributes:
        name: ``adamw`` (Loshchilov and Hutter 2019), or ``sgd`` with Nesterov's momentum 0.9.
        learning_rate: At its highest: it rises from 0 over ``warmup`` epochs and then falls
            along a cosine to 0 at the last epoch.
        weight_decay: Of kernels; biases and the scales of normalisation do not decay.
        warmup: In epochs.
        clip: The largest norm of all gradients together.
        average: Of how much of the mean of weights (Polyak) remains with each step; the mean is
            what is measured and kept. 0 for none.
    """

    name: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = Field(2e-3, gt=0, le=10)
    weight_decay: float = Field(0.02, ge=0, le=1)
    warmup: float = Field(1.0, ge=0)
    clip: float = Field(5.0, gt=0)
    average: float = Field(0.995, ge=0, lt=1)


class TrainRecipe(_Section):
    """How a model is trained.

    Attributes:
        model: One of ``learn/models.py``.
        size: Side of the pictures in pixels.
        weights: What ``transfer:NAME`` starts from: a file, ``none`` for random weights, or,
            without it, those of ImageNet, which Keras downloads.
        labels: ``hard``: the class of a sample; ``soft``: the shares of its votes.
        balance: ``none``; ``weights``: samples of rare classes count more; ``sampling``: they
            come more often. Both by the square root of how rare they are.
        grey: Pictures lose their colours before they are changed: a third of that work, for data
            and models that have no use for them.
        policy: Augmentations, by the name of their set in ``learn/augment.py``.
        mix: ``mixup`` or ``cutmix``, in half of the batches.
        loss: What is made small.
        optimiser: How weights are changed.
        epochs: At most so many.
        batch_size: Samples in a step.
        patience: Epochs without a better development accuracy before it stops; 0 for all.
        frozen_epochs: Epochs, the first of ``epochs``, in which only the new head of a
            transferred model learns.
        thaw: Share of the transferred layers, counted from the top, that learn afterwards.
        thawed_rate: What the learning rate is multiplied by then.
        finish_epochs: The last of ``epochs``, in which pictures are changed as ``finish_policy``
            says, at ``finish_rate`` times the learning rate: what learned from damaged pictures
            gets used to whole ones (Touvron et al. 2019 found as much of sizes).
        finish_policy: Augmentations of those epochs.
        finish_rate: What the learning rate is multiplied by then.
        teacher: A model's folder, or a shipped one's name, whose answers are part of the labels;
            or several, whose answers are averaged.
        teacher_share: Their share.
        teacher_temperature: What the teacher's logits are divided by.
        mirror: What is kept answers with the mean of the logits of a picture and of its mirror
            image, which costs twice the time.
        mixed_precision: Compute in bfloat16, for accelerators and for processors that have
            instructions for it (AMX); weights stay float32.
        eight_bits: The network that answers computes in whole numbers of eight bits: about a
            quarter of the size; the one to train on stays as it is.
        seed: Of weights, orders and augmentations.
    """

    model: str = "compact"
    size: int = Field(48, ge=32, le=512)
    weights: str | None = None
    labels: Literal["hard", "soft"] = "soft"
    balance: Literal["none", "weights", "sampling"] = "none"
    grey: bool = False
    policy: str = "light"
    mix: Literal["none", "mixup", "cutmix"] = "none"
    loss: Loss = Loss()
    optimiser: Optimiser = Optimiser()
    epochs: int = Field(40, ge=1, le=10_000)
    batch_size: int = Field(128, ge=2, le=8192)
    patience: int = Field(0, ge=0)
    frozen_epochs: int = Field(3, ge=0)
    thaw: float = Field(1.0, ge=0, le=1)
    thawed_rate: float = Field(0.1, gt=0, le=1)
    finish_epochs: int = Field(0, ge=0)
    finish_policy: str = "light"
    finish_rate: float = Field(0.2, gt=0, le=1)
    teacher: str | tuple[str, ...] | None = None
    teacher_share: float = Field(0.5, ge=0, le=1)
    teacher_temperature: float = Field(2.0, gt=0)
    mirror: bool = False
    mixed_precision: bool = False
    eight_bits: bool = False
    seed: int = Field(0, ge=0)

    @property
    def teachers(self) -> tuple[str, ...]:
        """All that are learned from."""
        if self.teacher is None:
            return ()
        return (self.teacher,) if isinstance(self.teacher, str) else self.teacher

    def described(self) -> dict[str, Any]:
        """The settings as JSON, without where on this machine a file of weights lies."""
        found = self.model_dump(mode="json")
        if self.weights is not None:
            found["weights"] = Path(self.weights).name
        return found

    def identity(self) -> dict[str, Any]:
        """What decides a run, as JSON; what a run is known by is hashed from it.

        Fields that came later are left out at their defaults, so that a run that was begun
        before they were there goes on. What a file of weights holds is hashed beside this.
        """
        found = self.described()
        for name in _LATER:
            if getattr(self, name) == type(self).model_fields[name].default:
                del found[name]
        return found


def load_train_recipe(path: Path | None, overrides: Mapping[str, Any]) -> TrainRecipe:
    """Read a recipe and lay single settings over it; see :func:`~cinemotion.core.toml.read_recipe`.

    Raises:
        BadRecipeError: The file cannot be read, or a key is unknown or out of range.
    """
    return read_recipe(TrainRecipe, path, overrides, page="docs/training.md")
