"""What is right: the labels of one annotator, as shares of the classes of a model.

    for name, truth in find_truths(ballots, classes).items():
        truth.rows, truth.shares, truth.classes       # of the samples that count

Samples whose label is no class of the model (``unknown``, not a face, other names) do not count and
are counted. Classes that an annotator never names are left out of the answers too, and the rest is
scaled to sum 1: FER2013 knows no contempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.flows.evaluating.cases import Ballots
from cinemotion.learn.scores import Classes, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The labels of one annotator.

    Attributes:
        rows: The samples that count, int64 ``(n,)``.
        columns: Which of the model's classes count, int64 ``(k,)``.
        classes: Their names.
        shares: Labels, float64 ``(n, k)``, rows sum to 1.
        truth: The class with most votes, the one that was named first where several have as many;
            int64 ``(n,)``.
        ties: For how many samples several have.
        left_out: How many samples do not count, by their label.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    classes: tuple[str, ...]
    shares: Reals
    truth: Classes
    ties: int
    left_out: dict[str, int]

    def answers(self, probabilities: Reals) -> Reals:
        """A model's probabilities ``(m, all classes)`` for the samples and classes that count."""
        chosen = probabilities[np.ix_(self.rows, self.columns)]
        out: Reals = chosen / chosen.sum(axis=1, keepdims=True)
        return out


def find_truths(said: Sequence[Ballots], classes: Sequence[str]) -> dict[str, Truth]:
    """The labels of every annotator, by name.

    Args:
        said: Of each sample, what is said of it.
        classes: The model's.

    Raises:
        BadInputError: No sample has a label that the model knows.
    """
    names = sorted({name for ballots in said for name in ballots})
    found = {name: _truth(said, name, classes) for name in names}
    known = {name: truth for name, truth in found.items() if len(truth.rows)}
    if not known:
        labels = Counter(label for ballots in said for votes in ballots.values() for label in votes)
        heard = ", ".join(label for label, _ in labels.most_common(8)) or "none"
        raise BadInputError(
            f"no sample has a label that the model knows; the labels are {heard}, the model's "
            f"classes {', '.join(classes)}"
        )
    return known


def _truth(said: Sequence[Ballots], name: str, classes: Sequence[str]) -> Truth:
    rows, labels, ties = [], [], 0
    left_out: Counter[str] = Counter()
    for row, ballots in enumerate(said):
        votes = ballots.get(name)
        if not votes:
            continue
        most = max(votes.values())
        winners = [label for label, count in votes.items() if count == most]
        if winners[0] in classes:
            rows.append(row)
            labels.append(winners[0])
            ties += len(winners) > 1
        else:
            left_out[winners[0]] += 1
    named = {label for row in rows for label in said[row][name]}
    columns = [place for place, label in enumerate(classes) if label in named]
    kept = [classes[place] for place in columns]
    shares = np.zeros((len(rows), len(kept)))
    for at, row in enumerate(rows):
        for label, count in said[row][name].items():
            if label in kept:
                shares[at, kept.index(label)] = count
    return Truth(
        rows=np.array(rows, np.int64),
        columns=np.array(columns, np.int64),
        classes=tuple(kept),
        shares=shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12),
        truth=np.array([kept.index(label) for label in labels], np.int64),
        ties=ties,
        left_out=dict(left_out.most_common()),
    )
