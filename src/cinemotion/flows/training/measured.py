"""How a model is to answer by some sets of labels, and how well it does, on development samples.

convention, measures = calibrated("", (0,), logits, [shares], films)
measures["accuracy"], measures["accuracy_low"], measures["accuracy_high"]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cinemotion.core.types import Floats
from cinemotion.learn.calibration import fit_temperature, fit_threshold
from cinemotion.learn.classifier import answered
from cinemotion.learn.intervals import Rows, intervals
from cinemotion.learn.modelfolder import Convention
from cinemotion.learn.scores import (
    Classes,
    accuracy,
    balanced_recall,
    describe_answers,
    macro_f1,
    softmax,
)
from cinemotion.learn.training.targets import one_hot

_SEED = 0  # of the draws for intervals: figures of one model do not depend on how it was trained


def calibrated(
    name: str,
    heads: Sequence[int],
    logits: Floats,
    sets: Sequence[Floats],
    films: Sequence[str | None],
) -> tuple[Convention, dict[str, Any]]:
    """How to answer by some sets of labels, and how well that is done; each label counts alike.

    Args:
        name: Of the convention.
        heads: The sets.
        logits: float32 ``(n, sets, k)``, of all sets.
        sets: The labels of those, ``(n, k)``; samples without a label do not count.
        films: The film of each sample, where it is of one.

    Returns:
        The convention; and the figures of
        :func:`~cinemotion.learn.scores.describe_answers`, with the ends of 95 % intervals of the
        usual ones, and what those were drawn by: ``by film`` where all are of several films.
    """
    said = answered(logits, heads)
    rows = [np.flatnonzero(labels.any(axis=1)) for labels in sets]
    shares = np.concatenate([labels[kept] for labels, kept in zip(sets, rows, strict=True)])
    samples = np.concatenate(rows)
    said = said[samples]
    truth = shares.argmax(axis=1)
    # Confidence is to say how often the answer is the one that most raters gave.
    temperature = fit_temperature(said, one_hot(truth, shares.shape[1]))
    probabilities = softmax(said, temperature)
    convention = Convention(
        name=name,
        heads=list(heads),
        temperature=temperature,
        unknown_below=fit_threshold(probabilities, truth),
    )
    measures: dict[str, Any] = dict(describe_answers(probabilities, shares))
    by, groups = _groups(samples, films, several=len(sets) > 1)
    found = probabilities.argmax(axis=1)
    usual = usual_measures(truth, found, shares.shape[1])
    measures |= intervals(usual, n=len(truth), seed=_SEED, groups=groups)
    return convention, measures | {"interval": by}


def usual_measures(
    truth: Classes, found: Classes, classes: int
) -> dict[str, Callable[[Rows], float]]:
    """The measures that have intervals in a card, of rows of answers."""
    return {
        "accuracy": lambda rows: accuracy(truth[rows], found[rows]),
        "macro_f1": lambda rows: macro_f1(truth[rows], found[rows], classes),
        "balanced_recall": lambda rows: balanced_recall(truth[rows], found[rows], classes),
    }


def _groups(
    samples: Rows, films: Sequence[str | None], *, several: bool
) -> tuple[str, list[str] | None]:
    """What is not independent: frames of one film, and one sample's labels in several sets."""
    found = [films[row] for row in samples.tolist()]
    known = [film for film in found if film is not None]
    if len(known) == len(found) and len(set(known)) > 1:
        return "by film", known
    return "by sample", [str(row) for row in samples.tolist()] if several else None
