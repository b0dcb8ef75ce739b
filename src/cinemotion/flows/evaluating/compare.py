"""Two models on the same pictures: which is better, and could it be chance?

report = compare("compact-v1", "mine", "faces@v1")
report.sets["labels"]["difference"], report.sets["labels"]["p"]
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.flows.evaluating.answers import Progress, collect
from cinemotion.flows.evaluating.cases import open_cases
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
            ``high`` (second less first, with its 95 % interval over the same draws); how many
            samples ``only_first`` and ``only_second`` got right; ``p`` of McNemar's exact test.
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
    given = [collect(each, open_cases(data, split=split), progress=progress) for each in opened]
    shared = [name for name in opened[0].classes if name in opened[1].classes]
    if len(shared) < 2:
        raise BadInputError(
            f"the models share {len(shared)} classes, too few to compare: "
            f"{', '.join(opened[0].classes)} and {', '.join(opened[1].classes)}"
        )
    sets = {}
    for name, truth in find_truths(given[0].said, shared).items():
        right = []
        for classifier, answers in zip(opened, given, strict=True):
            places = [classifier.classes.index(each) for each in shared]
            found = truth.answers(answers.probabilities[:, places]).argmax(axis=1)
            right.append(found == truth.truth)
        sets[name] = _pair(right[0], right[1], seed)
    return Comparison((str(first), str(second)), open_cases(data, split=split).about, sets)


def _pair(
    one: np.ndarray[Any, np.dtype[np.bool_]],
    other: np.ndarray[Any, np.dtype[np.bool_]],
    seed: int,
) -> dict[str, Any]:
    gain = other.astype(np.float64) - one
    low, high = bootstrap(lambda rows: float(gain[rows].mean()), n=len(gain), seed=seed)
    return {
        "samples": len(gain),
        "accuracy": [float(one.mean()), float(other.mean())],
        "difference": float(gain.mean()),
        "low": low,
        "high": high,
        "only_first": int((one & ~other).sum()),
        "only_second": int((other & ~one).sum()),
        "p": paired_p(one, other),
    }
