"""A recipe trained several times: with several seeds, or with each fold left out in turn.

    report = train_seeds("faces@v1", "models", recipe, seeds=3)
    report.measures["accuracy"]              # {"mean": …, "sd": …, "values": […]}
    report = train_folds("faces@folds", "models", recipe)

One figure of one run says little: seeds alone move the accuracy of a small network by a point.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.dataset.export.content import Content, Progress
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import open_version
from cinemotion.faces.align import MARGIN
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.training.data import Sides
from cinemotion.flows.training.train import TrainReport, Watch, train
from cinemotion.learn.training.recipe import TrainRecipe

SUMMARY = "summary.json"
Begins = Callable[[str, int, int], None]

_MEASURES = ("accuracy", "macro_f1", "balanced_recall", "ece")


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of it.

    Attributes:
        folder: Where the models lie; ``summary.json`` there holds the same.
        measured: What the measures are of: ``develop``, or ``test`` for folds.
        models: Names of the models' folders.
        measures: By name: ``mean``, ``sd`` (of single runs, n - 1) and the ``values``.
    """

    folder: Path
    measured: str
    models: list[str]
    measures: dict[str, dict[str, Any]]


def train_seeds(
    reference: str,
    out: Path | str,
    recipe: TrainRecipe,
    *,
    seeds: int,
    away_from: Sequence[Path | str] = (),
    allow_leakage: str | None = None,
    margin: float = MARGIN,
    share: float = 1.0,
    progress: Progress | None = None,
    watch: Watch | None = None,
    begins: Begins | None = None,
) -> Repeated:
    """Train with so many seeds, counted up from the recipe's.

    Models that are there already are not trained again. The other arguments are those of
    ``train`` and :func:`train_folds`.

    Raises:
        BadInputError: There are fewer than 2 seeds; and all that ``train`` raises.
    """
    if seeds < 2:
        raise BadInputError(f"several seeds are 2 or more, got {seeds}")
    folder = Path(out)
    names, found = [], []
    for number, seed in enumerate(range(recipe.seed, recipe.seed + seeds), start=1):
        if begins is not None:
            begins("seed", number, seeds)
        names.append(f"seed-{seed}")
        report: TrainReport = train(
            reference,
            folder / names[-1],
            recipe.model_copy(update={"seed": seed}),
            away_from=away_from,
            allow_leakage=allow_leakage,
            margin=margin,
            share=share,
            progress=progress,
            watch=watch,
        )
        found.append(report.card.measures["develop"])
    return _summed(folder, "develop", names, found)


def train_folds(
    reference: str,
    out: Path | str,
    recipe: TrainRecipe,
    *,
    allow_leakage: str | None = None,
    margin: float = MARGIN,
    progress: Progress | None = None,
    watch: Watch | None = None,
    begins: Begins | None = None,
) -> Repeated:
    """Train once for each fold, which is left out and measured; the next fold is for choices.

    Args:
        reference: ``DATASET@VERSION``, split with ``cinemotion split --folds``: by group.
        out: The folder of the models.
        recipe: How.
        allow_leakage: Why a version without a proof may be used all the same.
        margin: Side of the pictures in face sizes, see ``train``.
        progress: Told about pictures that are prepared.
        watch: Told how the training goes.
        begins: Told which training begins: ``("fold", 2, 5)`` is the second of five.

    Raises:
        BadInputError: The version has fewer than 3 folds; and all that ``train`` raises.
    """
    version = open_version(*need_version(reference))
    folds = [side for side in Content(version).splits if side.startswith("fold")]
    if len(folds) < 3:
        raise BadInputError(
            f"{reference} has {len(folds)} folds, 3 or more are needed: one to measure, one for "
            f"choices, the others to learn from; split it with: cinemotion split {version.path} "
            "--folds 5"
        )
    folder = Path(out)
    names, found = [], []
    for at, fold in enumerate(folds):
        if begins is not None:
            begins("fold", at + 1, len(folds))
        develop = folds[(at + 1) % len(folds)]
        learned = tuple(side for side in folds if side not in (fold, develop))
        names.append(fold)
        train(
            reference,
            folder / fold,
            recipe,
            sides=Sides(learned, develop),
            allow_leakage=allow_leakage,
            margin=margin,
            progress=progress,
            watch=watch,
        )
        report, _, _ = evaluate(folder / fold, reference, split=fold, robustness=False)
        [measured] = report.sets.values()
        found.append({name: measured["measures"][name]["value"] for name in _MEASURES})
    return _summed(folder, "test", names, found)


def _summed(
    folder: Path, measured: str, names: list[str], found: Sequence[dict[str, Any]]
) -> Repeated:
    measures: dict[str, dict[str, Any]] = {}
    for name in _MEASURES:
        values = [float(each[name]) for each in found]
        measures[name] = {
            "mean": float(np.mean(values)),
            "sd": float(np.std(values, ddof=1)),
            "values": values,
        }
    document = {"measured": measured, "models": names, "measures": measures}
    with replacing(folder / SUMMARY) as draft:
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return Repeated(folder, measured, names, measures)
