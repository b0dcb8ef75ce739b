"""Two models on the same pictures: which is better, and could it be chance?

report = compare("compact-v1", "mine", "faces@v1")
report.sets["labels"]["difference"], report.sets["labels"]["p"]

Each model answers as ``evaluate`` lets it answer, by the head that learned the labels where it has
one, so that both say the same of a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.flows.evaluating.answers import Progress
from cinemotion.flows.evaluating.heads import ask
from cinemotion.flows.evaluating.truth import find_truths
from cinemotion.learn.classifier import open_classifier
from cinemotion.learn.intervals import bootstrap, paired_p


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    Attributes:
        models: Their names, the first and the second.
        data: What they were measured on.
        sets: By annotator: ``samples``; ``accuracy`` of each model; ``difference``, ``low`` and
            ``high`` (second less first, with its 95 % interval over the same draws);
            ``interval``, whether samples were drawn or whole films; how many samples
            ``only_first`` and ``only_second`` got right; ``p`` of McNemar's exact test, which
            takes samples as independent; ``answered_by``: of each model, the head that answered,
            where that is not its plain answer, else ``None``.
    """

    models: tuple[str, str]
    data: dict[str, str]
    sets: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON value."""
        return asdict(self)


def compare(
    first: str | Path,
    second: str | Path,
    data: str,
    *,
    split: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Compare two models; arguments as for :func:`~cinemotion.flows.evaluating.evaluate.evaluate`.

    A sample counts if its label is a class of both models.

    Raises:
        BadInputError: There is no such model or data, or no label that both know.
    """
    opened = [open_classifier(each) for each in (first, second)]
    shared = [name for name in opened[0].classes if name in opened[1].classes]
    if len(shared) < 2:
        raise BadInputError(
            f"the models share {len(shared)} classes, too few to compare: "
            f"{', '.join(opened[0].classes)} and {', '.join(opened[1].classes)}"
        )
    given = [
        ask(name, classifier, data, split=split, progress=progress)
        for name, classifier in zip((first, second), opened, strict=True)
    ]
    sets = {}
    for name, truth in find_truths(given[0].said, shared).items():
        right = []
        for classifier, answers in zip(opened, given, strict=True):
            places = [classifier.classes.index(each) for each in shared]
            own = answers.to(name).probabilities[:, places]
            found = truth.answers(own).argmax(axis=1)
            right.append(found == truth.truth)
        answered_by = [name if name in answers.by else None for answers in given]
        paired = _pair(right[0], right[1], seed, given[0].films(truth.rows))
        sets[name] = paired | {"answered_by": answered_by}
    return Comparison((str(first), str(second)), given[0].about, sets)


def _pair(
    one: np.ndarray[Any, np.dtype[np.bool_]],
    other: np.ndarray[Any, np.dtype[np.bool_]],
    seed: int,
    films: Sequence[str] | None,
) -> dict[str, Any]:
    gain = other.astype(np.float64) - one
    low, high = bootstrap(
        lambda rows: float(gain[rows].mean()), n=len(gain), seed=seed, groups=films
    )
    return {
        "samples": len(gain),
        "accuracy": [float(one.mean()), float(other.mean())],
        "difference": float(gain.mean()),
        "low": low,
        "high": high,
        "interval": "by film" if films else "by sample",
        "only_first": int((one & ~other).sum()),
        "only_second": int((other & ~one).sum()),
        "p": paired_p(one, other),
    }
