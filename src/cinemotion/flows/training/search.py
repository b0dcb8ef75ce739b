"""Look for a better recipe: short runs on part of the data, chosen by Optuna from what came before.

    report = search("faces@v1", "search", recipe, trials=20, share=0.2)
    report.recipe.optimiser.learning_rate

What is tried is measured on the development samples and nothing else. Every finished trial is in
``trials.sqlite``; the same command goes on where it was stopped (:mod:`.trials`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.alone import alone
from cinemotion.core.errors import BadInputError, DivergedError
from cinemotion.core.toml import write_toml
from cinemotion.dataset.export.content import Progress
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import open_version
from cinemotion.flows.training.train import Watch, train
from cinemotion.flows.training.trials import (
    counted,
    first_of,
    kept,
    open_study,
    study_name,
)
from cinemotion.learn.optional import needs
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe

if TYPE_CHECKING:
    import optuna

RECIPE = "recipe.toml"
_FAMILIES = ("none", "light", "film")


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What came of it.

    Attributes:
        recipe: The best one, with the epochs of the recipe that was given.
        file: It, as a TOML file.
        accuracy: Its accuracy on the development samples, in a short run.
        trials: A row per trial that counts: ``number``, ``accuracy`` (``None`` where it failed),
            ``why``, and what was tried.
    """

    recipe: TrainRecipe
    file: Path
    accuracy: float
    trials: list[dict[str, Any]]


def search(
    reference: str,
    out: Path | str,
    recipe: TrainRecipe,
    *,
    trials: int,
    epochs: int = 8,
    share: float = 0.2,
    only_rate: bool = False,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> SearchReport:
    """Search the learning rate, weight decay, batch size, augmentations, and smoothing.

    Args:
        reference: ``DATASET@VERSION``.
        out: The folder of the search.
        recipe: What is not searched, and where the search begins.
        trials: How many runs in all, those of earlier calls among them.
        epochs: Of a run.
        share: Of the training samples of each class.
        only_rate: Search the learning rate alone.
        progress: Told about pictures that are prepared.
        watch: Told how each run goes.

    Raises:
        BadInputError: ``trials`` is less than 1, no trial succeeded, or the folder is of another
            search, or another one runs in it.
        DatasetError: There is no such version.
        MissingExtraError: Optuna or Keras is not installed.
        StorageFullError: The disk is full; the same command goes on.
    """
    if trials < 1:
        raise BadInputError(f"a search needs 1 trial or more, got {trials}")
    with needs("optuna", "train"):
        import optuna
    version = open_version(*need_version(reference))
    folder = Path(out)
    short = recipe.model_copy(update={"epochs": epochs})
    asked = {
        "version": version.id,
        "recipe": short.model_dump(mode="json"),
        "share": share,
        "only_rate": only_rate,
    }
    draw = _draw_rate if only_rate else _draw

    def run(trial: optuna.Trial) -> float:
        tried = draw(trial, short)
        at = folder / f"trial-{study_name(asked)}-{first_of(trial):03d}"
        report = train(reference, at, tried, share=share, progress=progress, watch=watch)
        return float(report.card.measures["develop"]["accuracy"])

    # One at a time, so that a trial that still runs is a killed one's.
    with alone(folder, "another search is running in"), kept(folder):
        study = open_study(folder, asked, seed=recipe.seed)
        if not study.trials:
            study.enqueue_trial(_given(short, only_rate))
        while len(counted(study)) < trials:
            trial = study.ask()
            try:
                study.tell(trial, run(trial))
            except DivergedError as error:
                # A recipe that diverges is a trial that failed; what every recipe would fail at
                # ends it all, and the trial is owed.
                trial.set_user_attr("why", str(error))
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return _report(study, folder, recipe, draw)


def _given(recipe: TrainRecipe, only_rate: bool) -> dict[str, Any]:
    """The recipe itself, as the first trial."""
    first: dict[str, Any] = {"learning_rate": recipe.optimiser.learning_rate}
    if not only_rate:
        first |= {
            "weight_decay": max(1e-4, recipe.optimiser.weight_decay),
            "batch_size": min((32, 64, 128, 256), key=lambda size: abs(size - recipe.batch_size)),
            "policy": recipe.policy if recipe.policy in _FAMILIES else "light",
            "smoothing": recipe.loss.smoothing,
        }
    return first


def _draw_rate(trial: optuna.Trial, recipe: TrainRecipe) -> TrainRecipe:
    rate = trial.suggest_float("learning_rate", 1e-5, 1.0, log=True)
    return _changed(recipe, {"optimiser": {"learning_rate": rate}})


def _draw(trial: optuna.Trial, recipe: TrainRecipe) -> TrainRecipe:
    optimiser = {
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.3, log=True),
    }
    return _changed(
        recipe,
        {
            "optimiser": optimiser,
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128, 256]),
            "policy": trial.suggest_categorical("policy", list(_FAMILIES)),
            "loss": {"smoothing": trial.suggest_float("smoothing", 0.0, 0.2)},
        },
    )


def _changed(recipe: TrainRecipe, changes: dict[str, Any]) -> TrainRecipe:
    values = recipe.model_dump()
    for name, value in changes.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    return TrainRecipe.model_validate(values)


def _report(
    study: optuna.Study,
    folder: Path,
    recipe: TrainRecipe,
    draw: Callable[[Any, TrainRecipe], TrainRecipe],
) -> SearchReport:
    rows = [
        {
            "number": trial.number,
            "accuracy": trial.value,
            "why": trial.user_attrs.get("why"),
            **trial.params,
        }
        for trial in counted(study)
    ]
    good = [row for row in rows if row["accuracy"] is not None]
    if not good:
        raise BadInputError(f"none of {len(rows)} trials could be trained; see {folder}")
    best = draw(study.best_trial, recipe)
    write_toml(folder / RECIPE, best.model_dump(mode="json", exclude_none=True))
    checked = load_train_recipe(folder / RECIPE, {})
    return SearchReport(checked, folder / RECIPE, float(study.best_value), rows)
