"""What a search has tried, in its folder: which trials count, and which are tried again.

    with kept(folder):
        study = open_study(folder, asked, seed=0)
        while len(counted(study)) < 20:
            trial = study.ask()

A trial counts if it was measured, or if its recipe diverged (``why``). One that ended otherwise, as
by a full disk or a killed process, says nothing about its recipe: that one is tried again under a
new number, and goes on in the folder of the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.core.writing import replacing

if TYPE_CHECKING:
    import optuna

ASKED, TRIALS = "search.json", "trials.sqlite"
_FIRST = "first"  # the number of the trial that one tries again


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Say in one line where the file of the trials cannot be read or written.

    Raises:
        BadInputError: That is so.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise BadInputError(
            f"cannot use {folder / TRIALS} ({cause}); if the disk is full, free some space and "
            "run the same command again: it goes on"
        ) from error


def open_study(folder: Path, asked: Mapping[str, Any], *, seed: int) -> optuna.Study:
    """The study in a folder, new or as it was left; what is owed is in its queue.

    Args:
        folder: Of the search; see :func:`alone`.
        asked: What the search is of, as a JSON value.
        seed: Of what is drawn.

    Raises:
        BadInputError: The folder is of another search.
    """
    import optuna

    _check(folder / ASKED, asked)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=study_name(asked),
        storage=f"sqlite:///{(folder / TRIALS).resolve()}",
        direction="maximize",
        load_if_exists=True,
    )
    # A search that goes on must not draw again what it drew when it began.
    seed += len(study.trials)
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
    _owe(study)
    return study


def study_name(asked: Mapping[str, Any]) -> str:
    """What a search is known by."""
    return hash_json(list(asked.values()))[:16]


def first_of(trial: optuna.trial.FrozenTrial | optuna.Trial) -> int:
    """The number of the trial whose recipe this one tries, which may be its own."""
    return int(trial.user_attrs.get(_FIRST, trial.number))


def counted(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """The trials that say something about their recipe, in their order."""
    return [trial for trial in study.trials if _counts(trial)]


def _counts(trial: optuna.trial.FrozenTrial) -> bool:
    return trial.value is not None or "why" in trial.user_attrs


def _owe(study: optuna.Study) -> None:
    """Put into the queue what was begun and came to no end."""
    from optuna.trial import TrialState

    last = {first_of(trial): trial for trial in study.trials}
    for first, trial in last.items():
        if trial.state == TrialState.RUNNING:
            study.tell(trial.number, state=TrialState.FAIL)
        if trial.state != TrialState.WAITING and not _counts(trial):
            # Of one that was killed early, only what was asked for may be known.
            recipe = trial.system_attrs.get("fixed_params", {}) | trial.params
            study.enqueue_trial(recipe, user_attrs={_FIRST: first})


def _check(file: Path, asked: Mapping[str, Any]) -> None:
    """Keep what a search is of; what is there must be the same."""
    if not file.exists():
        with replacing(file) as draft:
            draft.write_text(json.dumps(asked, indent=2) + "\n", encoding="utf-8")
        return
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(f"cannot read {file} ({error}); give another folder") from error
    if before != asked:
        raise BadInputError(
            f"{file.parent} is of another search ({_difference(before, asked)}); give another "
            "folder with --out"
        )


def _difference(before: Any, asked: Mapping[str, Any]) -> str:
    """The first thing that differs."""
    old = before if isinstance(before, dict) else {}
    name = next((name for name in asked if old.get(name) != asked[name]), "it has more settings")
    value = asked.get(name)
    if isinstance(value, dict):
        return f"{name}: {_difference(old.get(name), value)}"
    return f"{name} {old.get(name)}, now {value}" if name in asked else name
