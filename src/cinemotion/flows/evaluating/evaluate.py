"""Measure a model on data with labels, and say how sure each figure is.

    report = evaluate("compact-v1", "validation.parquet")
    report.sets["ferplus"]["measures"]["accuracy"]       # {"value": …, "low": …, "high": …}

Figures are of the most probable class, without abstaining; what abstaining brings is a curve. A
model that learned a set of labels by name (``train --also``) answers by it where an annotator has
that name, unless it was opened as ``MODEL:NAME``; see :mod:`.heads`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cinemotion.flows.evaluating.answers import Answers, Progress
from cinemotion.flows.evaluating.cases import LEVELS
from cinemotion.flows.evaluating.heads import ask
from cinemotion.flows.evaluating.notices import find_notices
from cinemotion.flows.evaluating.truth import Truth, find_truths
from cinemotion.learn.classifier import Classifier, open_classifier
from cinemotion.learn.corruptions import CORRUPTIONS
from cinemotion.learn.intervals import Rows, bootstrap
from cinemotion.learn.scores import (
    Reals,
    abstention,
    accuracy,
    balanced_recall,
    brier,
    confusion,
    cross_entropy,
    expected_calibration_error,
    macro_f1,
    precision_recall,
    reliability,
    softmax,
)

_LEAST = 5  # samples of a film or character that are measured


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it.

    Attributes:
        model: The model's name, and the SHA-256 of its network.
        data: What it was measured on.
        samples: How many pictures could be read.
        unreadable: Why the others could not, by name.
        notices: What to know of the model and these samples, as that it learned from them.
        agreement: Of two annotators each, how often their labels are the same.
        sets: By annotator: ``samples``, ``left_out``, ``ties``, ``classes``, ``measures`` (each
            with ``value``, ``low``, ``high``), ``per_class``, ``confusion``, ``reliability``,
            ``abstention``, ``groups``, ``robustness``; ``answered_by``, where that is not the
            model's plain answer.
        speed: Milliseconds for one face on one thread, alone and of 32.
    """

    model: dict[str, Any]
    data: dict[str, str]
    samples: int
    unreadable: dict[str, str]
    notices: list[str]
    agreement: dict[str, dict[str, float]]
    sets: dict[str, dict[str, Any]]
    speed: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON value."""
        return asdict(self)


def evaluate(
    model: str | Path,
    data: str,
    *,
    split: str | None = None,
    robustness: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Evaluation, Answers, dict[str, Truth]]:
    """Measure a model.

    Args:
        model: Its folder, or the name of one that comes with the package.
        data: ``DATASET@VERSION``, or a source that ``cinemotion import`` reads.
        split: The side of a version, or ``all``; without it, test, or val where there is none.
        robustness: Whether corrupted pictures are measured too.
        seed: Of the intervals.
        progress: Told how far it is.

    Returns:
        The figures; the answers and labels that they are of.

    Raises:
        BadInputError: There is no such model, data or side, or no label that the model knows.
    """
    classifier = open_classifier(model)
    corruptions = tuple(CORRUPTIONS) if robustness else ()
    given = ask(model, classifier, data, split=split, corruptions=corruptions, progress=progress)
    truths = find_truths(given.said, classifier.classes)
    askers = {name: classifier.by(name) if name in given.by else classifier for name in truths}
    report = Evaluation(
        model={"name": str(model), "sha256": classifier.card.hashes["model.onnx"]},
        data=given.about,
        samples=len(given.names),
        unreadable=given.unreadable,
        notices=find_notices(classifier, data, given),
        agreement=_agreements(truths),
        sets={
            name: _measure(askers[name], given.to(name), truth, seed)
            | ({"answered_by": name} if name in given.by else {})
            for name, truth in truths.items()
        },
        speed=_speed(classifier),
    )
    return report, given, truths


def _measure(classifier: Classifier, given: Answers, truth: Truth, seed: int) -> dict[str, Any]:
    answers = truth.answers(given.probabilities)
    found, right = answers.argmax(axis=1), truth.truth
    k = len(truth.classes)
    raw = truth.answers(softmax(given.logits))
    measures: dict[str, Callable[[Rows], float]] = {
        "accuracy": lambda rows: accuracy(right[rows], found[rows]),
        "macro_f1": lambda rows: macro_f1(right[rows], found[rows], k),
        "balanced_recall": lambda rows: balanced_recall(right[rows], found[rows], k),
        "ece": lambda rows: expected_calibration_error(answers[rows], right[rows]),
        "ece_uncalibrated": lambda rows: expected_calibration_error(raw[rows], right[rows]),
        "brier": lambda rows: brier(truth.shares[rows], answers[rows]),
        "cross_entropy": lambda rows: cross_entropy(truth.shares[rows], answers[rows]),
        # 1 where probabilities and shares of votes are the same, 0 where they share nothing.
        "overlap": lambda rows: float(
            np.minimum(truth.shares[rows], answers[rows]).sum(axis=1).mean()
        ),
    }
    by = given.films(truth.rows)
    table = confusion(right, found, k)
    precision, recall = precision_recall(table)
    return {
        "samples": len(right),
        "left_out": truth.left_out,
        "ties": truth.ties,
        "classes": list(truth.classes),
        "interval": "by film" if by else "by sample",
        "measures": {
            name: _interval(measure, len(right), seed, by) for name, measure in measures.items()
        },
        "unknown": float(np.mean(answers.max(axis=1) < classifier.card.unknown_below)),
        "per_class": [
            {
                "class": name,
                "samples": int(table[place].sum()),
                "precision": _number(precision[place]),
                "recall": _number(recall[place]),
            }
            for place, name in enumerate(truth.classes)
        ],
        "confusion": table.tolist(),
        "reliability": reliability(answers, right),
        "abstention": abstention(answers, right),
        "groups": {level: _by_group(given, truth, found, level) for level in LEVELS},
        "robustness": _robustness(given, truth),
    }


def _interval(
    measure: Callable[[Rows], float], n: int, seed: int, groups: Sequence[str] | None
) -> dict[str, float]:
    low, high = bootstrap(measure, n=n, seed=seed, groups=groups)
    return {"value": measure(np.arange(n)), "low": low, "high": high}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _by_group(
    given: Answers, truth: Truth, found: np.ndarray[Any, Any], level: str
) -> list[dict[str, Any]]:
    """Accuracy of each film or character, the largest first."""
    names = [given.groups[row].get(level) for row in truth.rows]
    table = pl.DataFrame({"group": names, "right": found == truth.truth}).drop_nulls()
    counted = table.group_by("group").agg(samples=pl.len(), accuracy=pl.col("right").mean())
    return counted.filter(pl.col("samples") >= _LEAST).sort("samples", "group").reverse().to_dicts()


def _robustness(given: Answers, truth: Truth) -> dict[str, float]:
    """Accuracy on corrupted pictures, and on the same pictures as they are (``none``)."""
    if not given.corrupted:
        return {}
    place = {row: at for at, row in enumerate(truth.rows.tolist())}
    pairs = [(at, place[row]) for at, row in enumerate(given.tried) if row in place]
    if not pairs:
        return {}
    tried, counted = (np.array(side) for side in zip(*pairs, strict=True))
    right = truth.truth[counted]

    def score(probabilities: Reals) -> float:
        return accuracy(right, probabilities[:, truth.columns].argmax(axis=1))

    clean = given.probabilities[truth.rows[counted]]
    return {"none": score(clean)} | {
        name: score(found[tried]) for name, found in given.corrupted.items()
    }


def _agreements(truths: dict[str, Truth]) -> dict[str, dict[str, float]]:
    """How often the labels of two annotators are the same, on the samples that both labelled."""
    names = list(truths)
    out = {}
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            labels = [
                dict(zip(t.rows.tolist(), [t.classes[i] for i in t.truth], strict=True))
                for t in (truths[one], truths[other])
            ]
            both = labels[0].keys() & labels[1].keys()
            if both:
                same = sum(labels[0][row] == labels[1][row] for row in both)
                out[f"{one} and {other}"] = {"samples": len(both), "agreement": same / len(both)}
    return out


def _speed(classifier: Classifier) -> dict[str, float]:
    """The median time of a face in the network, on one thread, in milliseconds."""
    size = classifier.card.size
    picture = np.full((1, size, size, 3), 127, np.float32)
    found = {}
    for count, runs in ((1, 50), (32, 10)):
        batch = np.repeat(picture, count, axis=0)
        classifier.run(batch)
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            classifier.run(batch)
            times.append(time.perf_counter() - began)
        found[f"batch_{count}"] = 1000 * float(np.median(times)) / count
    return found
