"""An evaluation as a page to look at: figures, curves, and answers right and wrong with faces.

    write_evaluation(report, given, truths, "faces@v1", Path("report.html"))

The pictures that are shown are read again, and only they; see ``flows/looking/page.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cinemotion import __version__
from cinemotion.core.types import Floats, Image
from cinemotion.faces.framing import Framing
from cinemotion.flows.evaluating.answers import Answers
from cinemotion.flows.evaluating.cases import open_cases
from cinemotion.flows.evaluating.evaluate import Evaluation
from cinemotion.flows.evaluating.maps import occlusion_map
from cinemotion.flows.evaluating.truth import Truth
from cinemotion.flows.looking.page import picture_uri, render, write_page
from cinemotion.learn.classifier import Classifier, open_classifier

_SHOWN = 12  # answers of a sheet
_SIDE = 112  # pixels of a picture
_NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "balanced_recall": "balanced recall (UAR)",
    "ece": "calibration error",
    "ece_uncalibrated": "calibration error, uncalibrated",
    "brier": "Brier score against the votes",
    "cross_entropy": "cross-entropy against the votes, nats",
    "overlap": "overlap with the votes",
}


def write_evaluation(
    report: Evaluation,
    given: Answers,
    truths: Mapping[str, Truth],
    data: str,
    out: Path,
    *,
    split: str | None = None,
) -> None:
    """Write the page in one step.

    Args:
        report: The figures.
        given: The answers they are of.
        truths: The labels they are of.
        data: What was measured on, to read pictures again.
        out: The HTML file; replaced where it is there.
        split: The side of a version that was measured on.

    Raises:
        BadInputError: The file cannot be written.
    """
    classifier = open_classifier(report.model["name"])
    chosen = {name: _choose(given.to(name), truth) for name, truth in truths.items()}
    wanted = {row for sheets in chosen.values() for rows in sheets.values() for row in rows}
    framing = Framing(classifier.card.margin, classifier.card.lift)
    names = {given.names[row]: row for row in wanted}
    images = {
        names[case.name]: case.image
        for case in open_cases(data, split=split).stream(framing)
        if case.name in names and case.image is not None
    }
    html = render(
        "evaluate.html",
        version=__version__,
        title=classifier.card.name,
        report=report,
        card=classifier.card,
        names=_NAMES,
        sets=[
            _set(name, row, truths[name], given.to(name), classifier, chosen[name], images)
            for name, row in report.sets.items()
        ],
    )
    write_page(html, out)


def _choose(given: Answers, truth: Truth) -> dict[str, list[int]]:
    """Rows of the surest answers that are right and that are wrong, and of the least sure."""
    answers = truth.answers(given.probabilities)
    confidence = answers.max(axis=1)
    right = answers.argmax(axis=1) == truth.truth
    order = np.argsort(-confidence, kind="stable")
    sheets = {
        "Sure and wrong": [at for at in order if not right[at]],
        "Sure and right": [at for at in order if right[at]],
        "Least sure": list(order[::-1]),
    }
    return {
        name: [int(truth.rows[at]) for at in _varied(places, truth)]
        for name, places in sheets.items()
    }


def _varied(places: Sequence[int], truth: Truth) -> list[int]:
    """The first places, a few of each class: one class alone would fill the sheet."""
    most = max(1, -(-_SHOWN // len(truth.classes)))
    taken: dict[int, int] = {}
    found = []
    for at in places:
        label = int(truth.truth[at])
        if taken.get(label, 0) < most:
            taken[label] = taken.get(label, 0) + 1
            found.append(at)
        if len(found) == _SHOWN:
            break
    return found


def _set(
    name: str,
    row: dict[str, Any],
    truth: Truth,
    given: Answers,
    classifier: Classifier,
    chosen: Mapping[str, Sequence[int]],
    images: Mapping[int, Image],
) -> dict[str, Any]:
    answers = truth.answers(given.probabilities)
    asked = classifier.by(name) if "answered_by" in row else classifier
    place = {int(sample): at for at, sample in enumerate(truth.rows)}
    sheets = []
    for sheet, rows in chosen.items():
        shown = []
        for sample in rows:
            if sample not in images:
                continue
            at = place[sample]
            found = int(answers[at].argmax())
            column = int(truth.columns[found])
            heat = occlusion_map(asked, images[sample], column)
            shown.append(
                {
                    "uri": picture_uri(images[sample], _SIDE),
                    "heat": picture_uri(_overlay(images[sample], heat), _SIDE),
                    "found": truth.classes[found],
                    "confidence": float(answers[at, found]),
                    "right": truth.classes[int(truth.truth[at])],
                    "votes": [
                        (label, float(share))
                        for label, share in zip(truth.classes, truth.shares[at], strict=True)
                        if share > 0
                    ],
                }
            )
        sheets.append({"name": sheet, "shown": shown})
    table = np.array(row["confusion"])
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    return {
        "name": name,
        "row": row,
        "cells": list(zip(truth.classes, table.tolist(), shares.tolist(), strict=True)),
        "curve": _line([(p["coverage"], p["accuracy"]) for p in row["abstention"]]),
        "reliability": [
            (100 * p["confidence"], 100 - 100 * p["accuracy"], p) for p in row["reliability"]
        ],
        "sheets": sheets,
    }


def _line(points: Sequence[tuple[float, float]]) -> str:
    """Points in [0, 1] × [0, 1] as those of an SVG polyline of 100 × 100."""
    return " ".join(f"{100 * x:.2f},{100 - 100 * y:.2f}" for x, y in points)


def _overlay(image: Image, heat: Floats) -> Image:
    """A picture, dark where hiding it changes nothing."""
    height, width = _SIDE, max(1, round(_SIDE * image.shape[1] / image.shape[0]))
    large = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    highest = max(float(heat.max()), 1e-6)
    shares = np.clip(heat / highest, 0, 1)
    smooth = np.asarray(cv2.resize(shares, (width, height), interpolation=cv2.INTER_CUBIC))
    light = np.clip(smooth, 0, 1)[..., None]
    glow = np.array([255, 150, 40], np.float32)
    mixed = large * (0.35 + 0.35 * light) + glow * (0.45 * light)
    out: Image = np.clip(mixed, 0, 255).astype(np.uint8)
    return out
