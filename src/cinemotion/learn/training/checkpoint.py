"""The state of a training run on disk, after every epoch, whole or not at all.

    save_state(path, trainer, history, digest)
    history = load_state(path, trainer, digest)     # [] where there is none

A state is all variables of the trainer and of its optimiser, bit by bit: weights, statistics of
normalisation, the counters of random layers, moments, means of weights, and the step.
"""

from __future__ import annotations

import errno
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cinemotion.core.errors import BadInputError, StorageFullError
from cinemotion.core.writing import replacing

History = list[dict[str, float]]


def save_state(path: Path, trainer: keras.Model, history: History, digest: str) -> None:
    """Write what is needed to go on.

    Args:
        path: The file; one that is there is replaced.
        trainer: A compiled model.
        history: A row for each finished epoch.
        digest: Of all that decides the run; another one may not go on from here.

    Raises:
        StorageFullError: The disk is full; the file that was there before stays.
    """
    arrays: dict[str, Any] = {f"v{i}": value for i, value in enumerate(_values(trainer))}
    note = json.dumps({"digest": digest, "history": history})
    try:
        with replacing(path) as draft, draft.open("wb") as file:
            np.savez(file, note=np.array(note), **arrays)
    except BadInputError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
            raise StorageFullError(
                f"no space left for {path} after epoch {len(history)}; free some and run the same "
                f"command again: it goes on after epoch {max(0, len(history) - 1)}"
            ) from error
        raise


def load_state(path: Path, trainer: keras.Model, digest: str) -> History:
    """Put a state that was saved into a trainer.

    Args:
        path: The file.
        trainer: A compiled model of the same make.
        digest: Of all that decides the run.

    Returns:
        A row for each finished epoch; none where there is no such file.

    Raises:
        BadInputError: The state is of another run, or damaged.
    """
    if not path.exists():
        return []
    advice = f"remove {path.parent} to start anew, or give another folder"
    try:
        with np.load(path, allow_pickle=False) as state:
            note: dict[str, Any] = json.loads(str(state["note"]))
            if note["digest"] != digest:
                raise BadInputError(f"{path} is of a run with another recipe or data; {advice}")
            for i, variable in enumerate(_variables(trainer)):
                variable.assign(state[f"v{i}"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInputError(f"{path} is damaged ({error}); {advice}") from error
    history: History = note["history"]
    return history


def all_finite(trainer: keras.Model) -> bool:
    """Whether all that a state would hold are numbers: one that is none spoils those after it."""
    return all(np.isfinite(value).all() for value in _values(trainer))


def _variables(trainer: keras.Model) -> list[Any]:
    return [*trainer.variables, *trainer.optimizer.variables]


def _values(trainer: keras.Model) -> list[Any]:
    return [variable.numpy() for variable in _variables(trainer)]
