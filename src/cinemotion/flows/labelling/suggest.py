"""Labels from a model, as votes that everything people say outranks.

    report = suggest_labels(Path("dataset"), "compact-v1")
    report.labelled, report.unknown, report.added

The votes of a sample are the model's probabilities, or one vote for ``unknown`` where it is not
sure enough. They are in the name of the model and the hash of its network, and of the sets of
labels that it answers by, so that another model's, or a later one's, stand beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinemotion.core.emotions import UNKNOWN
from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.predicting.predict import Progress, predict
from cinemotion.learn.modelfolder import ONNX, find_model, plain_by, read_card, split_name

_COMMIT = 2048  # samples whose votes are added together
_LEAST = 0.01  # smaller probabilities are no votes


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What came of it.

    Attributes:
        annotator: In whose name the votes stand.
        labelled: Samples by the label suggested, most frequent first.
        unknown: Samples of which the model is not sure enough.
        added: How many votes were added, or would be in a dry run.
        failed: Why a sample got none, by id.
    """

    annotator: str
    labelled: dict[str, int]
    unknown: int
    added: int
    failed: dict[str, str]


def suggest_labels(
    dataset: Path,
    model: str | Path,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Suggestions:
    """Let a model vote for the kept samples of a dataset.

    A run that was stopped has added the votes of what it had done; the same command adds the rest,
    and what stands already is not added again.

    Args:
        dataset: The dataset's folder.
        model: A model's folder, or the name of one that comes with the package.
        dry_run: Whether to write nothing, and only say what would be.
        progress: Told how far it is.

    Raises:
        BadInputError: There is no such model, or no kept sample.
        DatasetError: There is no dataset, or votes cannot be written.
        WeightsError: The model's network is missing or not its own.
    """
    opened = open_dataset(dataset)
    annotator = _annotator(model)
    if not opened.samples().filter(status="kept").height:
        raise BadInputError(f"{dataset} has no kept sample")
    votes = Votes(opened.path)
    counts: Counter[str] = Counter()
    failed: dict[str, str] = {}
    added = 0
    ballots: list[Vote] = []
    waiting = 0
    for row in predict(model, [opened.path], progress=progress):
        if "error" in row:
            failed[row["path"]] = row["error"]
            continue
        [face] = row["faces"]
        counts[face["label"]] += 1
        ballots += _votes(row["path"], face, annotator)
        waiting += 1
        if waiting == _COMMIT:
            added += len(ballots) if dry_run else votes.add(ballots)
            ballots, waiting = [], 0
    added += len(ballots) if dry_run else votes.add(ballots)
    unknown = counts.pop(UNKNOWN, 0)
    return Suggestions(annotator, dict(counts.most_common()), unknown, added, failed)


def _annotator(model: str | Path) -> str:
    """In whose name a model votes: one for the same network and sets of labels, however asked."""
    card = read_card(find_model(model))
    _, convention = split_name(model)
    asked = card if convention is None else plain_by(card, convention)
    name = card.name if asked.heads == card.heads else f"{card.name}:{convention}"
    network = asked.hashes[ONNX]
    digest = network if asked.heads == [0] else hash_json([network, asked.heads])
    return f"model:{name}:{digest[:12]}"


def _votes(sample: str, face: dict[str, Any], annotator: str) -> Iterator[Vote]:
    if face["label"] == UNKNOWN:
        yield Vote(sample, UNKNOWN, annotator, "model")
        return
    for label, probability in face["probabilities"].items():
        if probability >= _LEAST:
            yield Vote(sample, label, annotator, "model", round(probability, 6))
