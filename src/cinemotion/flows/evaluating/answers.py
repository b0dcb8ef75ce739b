"""A model's answers to cases: read once, some in memory at a time.

given = collect(classifier, cases, corruptions=("grain",))
given.probabilities, given.said, given.corrupted["grain"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cinemotion.core.types import Floats, Image
from cinemotion.faces.framing import Framing
from cinemotion.flows.evaluating.cases import Ballots, Case, Cases
from cinemotion.learn.classifier import Classifier
from cinemotion.learn.corruptions import CORRUPTIONS
from cinemotion.learn.scores import Reals

Progress = Callable[[int, int], None]

_BATCH = 64


@dataclass(slots=True)
class Answers:
    """What a model answered.

    Attributes:
        about: What they are of, for a record.
        names: Of the samples that could be read.
        said: Their labels.
        groups: Their groups.
        logits: float32 ``(n, classes)``.
        probabilities: Calibrated, float64 ``(n, classes)``.
        corrupted: By corruption, the probabilities of the samples ``tried``.
        tried: Rows of the samples that were corrupted.
        unreadable: Why the others could not be read, by name.
        by: By the name of a set of labels that the model does not answer by plainly, its answers
            by that one.
    """

    about: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    said: list[Ballots] = field(default_factory=list)
    groups: list[dict[str, str]] = field(default_factory=list)
    logits: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    probabilities: Reals = field(default_factory=lambda: np.zeros((0, 0)))
    corrupted: dict[str, Reals] = field(default_factory=dict)
    tried: list[int] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    by: dict[str, Answers] = field(default_factory=dict)

    def to(self, name: str) -> Answers:
        """The answers that are to be compared with the labels of an annotator."""
        return self.by.get(name, self)

    def films(self, rows: Iterable[int]) -> list[str] | None:
        """The film of each of these samples, where all are of films, and of several.

        Frames of one film are not independent: intervals are drawn over such groups.
        """
        found = [self.groups[row].get("film") for row in rows]
        known = [film for film in found if film is not None]
        return known if len(known) == len(found) and len(set(known)) > 1 else None


def collect(
    classifier: Classifier,
    cases: Cases,
    *,
    corruptions: Sequence[str] = (),
    most: int = 1000,
    progress: Progress | None = None,
) -> Answers:
    """Let a model answer.

    Args:
        classifier: The model.
        cases: What it is asked.
        corruptions: Names in ``CORRUPTIONS``: it is asked about such pictures too.
        most: About so many samples are corrupted, spread evenly.
        progress: Told how far it is.
    """
    every = max(1, -(-cases.total // most))
    given = Answers(about=cases.about)
    logits: list[Floats] = []
    bad: dict[str, list[Reals]] = {name: [] for name in corruptions}
    framing = Framing(classifier.card.margin, classifier.card.lift)
    batch: list[Case] = []

    def flush() -> None:
        readable = [(case, case.image) for case in batch if case.image is not None]
        first = len(given.names)
        images = [image for _, image in readable]
        logits.append(classifier.logits(images))
        given.names += [case.name for case, _ in readable]
        given.said += [case.ballots for case, _ in readable]
        given.groups += [case.groups for case, _ in readable]
        given.unreadable |= {c.name: c.problem or "" for c in batch if c.image is None}
        chosen = [row for row in range(first, first + len(images)) if row % every == 0]
        given.tried += chosen if corruptions else []
        for name in corruptions:
            bad[name].append(classifier([_corrupt(name, images[r - first], r) for r in chosen]))
        batch.clear()

    for done, case in enumerate(cases.stream(framing), start=1):
        batch.append(case)
        if len(batch) == _BATCH:
            flush()
            if progress is not None:
                progress(done, cases.total)
    flush()
    given.logits = np.concatenate(logits)
    given.probabilities = classifier.calibrated(given.logits)
    given.corrupted = {name: np.concatenate(parts) for name, parts in bad.items()}
    return given


def _corrupt(name: str, image: Image, row: int) -> Image:
    return CORRUPTIONS[name](image, np.random.default_rng(row))
