"""Teachers' answers as labels (Hinton, Vinyals and Dean 2015): distillation.

    sets = {"": data.train.shares}
    sets = learn_from(["teacher"], data.classes, data.train.read, sets, share=0.5, temperature=2.0)

A teacher looks at each training picture once, as it is and mirrored; its answers are then labels
like those of raters, and go through augmentation and mixing with the pictures. Of several teachers
the mean is taken: where they were wrong, they were wrong in different ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.learn.classifier import answered, open_classifier
from cinemotion.learn.modelfolder import find_model, plain_by, read_card, split_name
from cinemotion.learn.scores import softmax
from cinemotion.learn.training.targets import taught

if TYPE_CHECKING:
    from cinemotion.learn.training.batches import Read

_BATCH = 128


def learn_from(
    teachers: Sequence[str | Path],
    classes: Sequence[str],
    read: Read,
    sets: Mapping[str, Floats],
    *,
    share: float,
    temperature: float,
    first: str | None = None,
) -> dict[str, Floats]:
    """Labels of which the answers of teachers are a part.

    Args:
        teachers: Models' folders, or the names of some that come with the package.
        classes: The ordered classes of the labels; a teacher must know them all.
        read: Gives the training pictures by row, float32 ``(m, H, W, 3)``, 0 to 255.
        sets: Their labels, float32 ``(n, k)``, by the name of the set, ``""`` for the first; see
            :func:`heads_for`. Where a row is zeros, the teachers' answer is the label.
        share: Of the teachers' answers in the new labels.
        temperature: What a teacher's logits are divided by; a higher one tells more of what else a
            picture looks like.
        first: Who gave the labels of the first set, if that was one annotator.

    Returns:
        As ``sets``; rows sum to 1.

    Raises:
        BadInputError: There is no such model, or it lacks a class or a set of labels.
        WeightsError: Its network is missing or not its own.
    """
    asked = [
        _Teacher(teacher, classes, heads_for(teacher, list(sets), first)) for teacher in teachers
    ]
    n = len(next(iter(sets.values())))
    answers = {name: np.zeros((n, len(classes)), np.float32) for name in sets}
    for at in range(0, n, _BATCH):
        rows = np.arange(at, min(n, at + _BATCH))
        pictures = read(rows)
        for teacher in asked:
            for name, logits in teacher(pictures).items():
                answers[name][rows] += softmax(logits, temperature) / len(asked)
    found = {}
    for name, shares in sets.items():
        unlabelled = ~shares.any(axis=1)
        found[name] = taught(shares, answers[name], share)
        found[name][unlabelled] = answers[name][unlabelled]
    return found


def heads_for(
    teacher: str | Path, sets: Sequence[str], first: str | None = None
) -> dict[str, tuple[int, ...]]:
    """Which heads of a teacher teach each set of labels.

    The first set is taught by what is named behind the teacher's colon, else by the answers that
    have the name of its annotator; without either by the plain answer, or, where there are further
    sets, by the teacher's own first one. Further sets are taught by the answers of their names.

    Args:
        teacher: A model's folder or name.
        sets: Names, ``""`` for the first.
        first: Who gave the labels of the first set.

    Raises:
        BadInputError: There is no such model, or it lacks a set of labels.
        WeightsError: Its network is missing or not its own.
    """
    card = read_card(find_model(teacher))
    known = {each.name: tuple(each.heads) for each in card.conventions}
    _, asked = split_name(teacher)
    if asked is not None:
        own = tuple(plain_by(card, asked).heads)
    else:
        own = known.get(first or "", tuple(card.heads) if len(sets) == 1 else (0,))
    missing = [name for name in sets if name and name not in known]
    if missing:
        raise BadInputError(
            f"the teacher {teacher} learned no labels {missing[0]!r}, it knows "
            f"{', '.join(known) or 'only one set'}; call the set as the teacher does, or take a "
            "teacher that was trained with it"
        )
    return {name: known[name] if name else own for name in sets}


class _Teacher:
    """A model, asked for every set of labels at once."""

    def __init__(
        self, name: str | Path, classes: Sequence[str], heads: Mapping[str, tuple[int, ...]]
    ) -> None:
        self._classifier = open_classifier(name, threads=usable_cores())
        known = self._classifier.classes
        missing = [each for each in classes if each not in known]
        if missing:
            raise BadInputError(
                f"the teacher {name} does not know {', '.join(missing)}; its classes are "
                f"{', '.join(known)}"
            )
        self._places = [known.index(each) for each in classes]
        self._heads = heads
        # Some look at the mirror image themselves.
        self._both = not self._classifier.card.recipe.get("mirror", False)

    def __call__(self, pictures: Floats) -> dict[str, Floats]:
        """Logits by set, the mean of those of pictures and of their mirror images."""
        pictures = np.rint(pictures).astype(np.uint8)
        logits = self._classifier.all_logits(list(pictures))
        if self._both:
            mirrored = [np.ascontiguousarray(each[:, ::-1]) for each in pictures]
            logits = np.float32(0.5) * (logits + self._classifier.all_logits(mirrored))
        return {
            name: answered(logits, heads)[:, self._places] for name, heads in self._heads.items()
        }
