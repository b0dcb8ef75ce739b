"""Loss, optimiser and schedule of a recipe, as Keras has them."""

from __future__ import annotations

from typing import Any

import keras

from cinemotion.learn.training.recipe import Loss, Optimiser

_UNDECAYED = ("bias", "gamma", "beta", "scale")  # parts of the names of weights

_REACH = 10  # a mean with momentum 1 - 1/n reaches back about n steps; n is at most steps / 10


def make_loss(loss: Loss) -> keras.losses.Loss:
    """The loss of logits against shares of classes."""
    if loss.name == "focal":
        made: Any = keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=loss.gamma, from_logits=True, label_smoothing=loss.smoothing
        )
        return made
    return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=loss.smoothing)


def make_optimiser(settings: Optimiser, *, steps: int, warmup: int) -> keras.optimizers.Optimizer:
    """An optimiser whose rate rises for ``warmup`` of ``steps`` and then falls along a cosine."""
    warmup = min(warmup, steps - 1)
    # A mean that reaches back to the random weights of the beginning is no use: in a short run it
    # covers a tenth of the steps.
    average = min(settings.average, max(0.0, 1 - _REACH / steps))
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        decay_steps=max(1, steps - warmup),
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    common = {
        "learning_rate": rate,
        "weight_decay": settings.weight_decay,
        "global_clipnorm": settings.clip,
        "use_ema": average > 0,
        "ema_momentum": average or 0.99,
    }
    if settings.name == "sgd":
        made: Any = keras.optimizers.SGD(momentum=0.9, nesterov=True, **common)
    else:
        made = keras.optimizers.AdamW(**common)
    made.exclude_from_weight_decay(var_names=list(_UNDECAYED))
    return made


def averages(optimiser: keras.optimizers.Optimizer) -> list[Any] | None:
    """The means of the trainable weights that an optimiser keeps, or ``None``.

    Keras' own ``SwapEMAWeights`` takes them from the same place; there is no public one.
    """
    found: list[Any] = getattr(optimiser, "_model_variables_moving_average", [])
    return found if optimiser.use_ema else None
