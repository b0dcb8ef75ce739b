"""Which head answers: labels are compared with the answers of the head that learned them.

    given = ask("compact-v1", classifier, "validation.parquet", split=None)
    given.to("fer2013")                 # by the head of that name, and plainly where there is none

So everybody who measures a model measures the same thing. Who asks for ``MODEL:NAME`` gets that
head's answers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.flows.evaluating.answers import Answers, Progress, collect
from cinemotion.flows.evaluating.cases import open_cases
from cinemotion.flows.evaluating.truth import find_truths
from cinemotion.learn.classifier import Classifier
from cinemotion.learn.modelfolder import split_name


def ask(
    model: str | Path,
    classifier: Classifier,
    data: str,
    *,
    split: str | None,
    corruptions: Sequence[str] = (),
    progress: Progress | None = None,
) -> Answers:
    """Let a model answer, and its heads where an annotator has the name of one.

    Args:
        model: What the user named, maybe with a head.
        classifier: The same, opened.
        data: As for :func:`~cinemotion.flows.evaluating.evaluate.evaluate`.
        split: The side of a version.
        corruptions: Names in ``CORRUPTIONS``: it is asked about such pictures too.
        progress: Told how far it is.

    Raises:
        BadInputError: There is no such data or side, no picture can be read, or no label is one
            that the model knows.
    """

    def answers(asked: Classifier) -> Answers:
        cases = open_cases(data, split=split)
        return collect(asked, cases, corruptions=corruptions, progress=progress)

    given = answers(classifier)
    if not given.names:
        raise BadInputError(f"no picture of {data} can be read")
    if split_name(model)[1] is None:
        names = find_truths(given.said, classifier.classes)
        given.by = {name: answers(classifier.by(name)) for name in _own_heads(classifier, names)}
    return given


def _own_heads(classifier: Classifier, names: Iterable[str]) -> list[str]:
    """The annotators whose labels a model answers by otherwise than plainly."""
    known = [name for name in names if name in classifier.conventions]
    return [name for name in known if classifier.by(name).heads != classifier.heads]
