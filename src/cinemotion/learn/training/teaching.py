"""A teacher's answers as labels (Hinton, Vinyals and Dean 2015): distillation.

    shares = learn_from("teacher", data.classes, data.train, share=0.5, temperature=2.0)

The teacher looks at each training picture once, as it is and mirrored; its answers are then labels
like those of raters, and go through augmentation and mixing with the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.learn.classifier import Classifier, open_classifier
from cinemotion.learn.scores import softmax
from cinemotion.learn.training.batches import Read
from cinemotion.learn.training.targets import taught

_BATCH = 128


def learn_from(
    teacher: str | Path,
    classes: Sequence[str],
    read: Read,
    shares: Floats,
    *,
    share: float,
    temperature: float,
) -> Floats:
    """Labels of which a teacher's answers are a part.

    Args:
        teacher: A model's folder, or the name of one that comes with the package.
        classes: The ordered classes of the labels; the teacher must know them all.
        read: Gives the training pictures by row, float32 ``(m, H, W, 3)``, 0 to 255.
        shares: Their labels, float32 ``(n, k)``; where a row is zeros, the teacher's answer is the
            label.
        share: Of the teacher's answers in the new labels.
        temperature: What the teacher's logits are divided by; a higher one tells more of what
            else a picture looks like.

    Returns:
        float32 ``(n, k)``, rows sum to 1.

    Raises:
        BadInputError: There is no such model, or it lacks a class.
        WeightsError: Its network is missing or not its own.
    """
    classifier = open_classifier(teacher, threads=usable_cores())
    missing = [name for name in classes if name not in classifier.classes]
    if missing:
        raise BadInputError(
            f"the teacher {teacher} does not know {', '.join(missing)}; its classes are "
            f"{', '.join(classifier.classes)}"
        )
    places = [classifier.classes.index(name) for name in classes]
    n = len(shares)
    answers = np.empty_like(shares)
    for at in range(0, n, _BATCH):
        rows = np.arange(at, min(n, at + _BATCH))
        logits = _logits(classifier, read(rows))[:, places]
        answers[rows] = softmax(logits, temperature)
    unlabelled = ~shares.any(axis=1)
    mixed = taught(shares, answers, share)
    mixed[unlabelled] = answers[unlabelled]
    return mixed


def _logits(classifier: Classifier, pictures: Floats) -> Floats:
    """The mean of the logits of pictures and of their mirror images."""
    pictures = np.rint(pictures).astype(np.uint8)
    both = (list(pictures), list(pictures[:, :, ::-1]))
    first, second = (classifier.logits([np.ascontiguousarray(p) for p in each]) for each in both)
    out: Floats = ((first + second) / 2).astype(np.float32)
    return out
