"""A trained model at work, through ONNX Runtime: no framework for training is loaded.

classifier = open_classifier("compact-v1")
probabilities = classifier(pictures)            # float64 (n, classes), calibrated
classifier.answers(probabilities)               # ["happy", "unknown", …]
open_classifier("compact-v1:fer2013")           # by another set of labels that it learned
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from cinemotion.core.emotions import UNKNOWN
from cinemotion.core.errors import WeightsError
from cinemotion.core.sessions import open_session
from cinemotion.core.types import Floats, Image
from cinemotion.learn.canvas import colour
from cinemotion.learn.modelfolder import ONNX, Card, find_model, plain_by, read_card, split_name
from cinemotion.learn.scores import Reals, softmax

_BATCH = 8  # larger ones do not fit a processor's cache, and are no faster


class Classifier:
    """A model that answers.

    Args:
        card: What it is.
        session: Its network, which uses one thread.
        threads: So many batches run at once; a small network has too little to share inside one.
    """

    def __init__(self, card: Card, session: ort.InferenceSession, threads: int = 1) -> None:
        self.card = card
        self._session = session
        self._threads = threads
        self._given = session.get_inputs()[0].name

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes."""
        return tuple(self.card.classes)

    @property
    def heads(self) -> tuple[int, ...]:
        """The sets of labels that it answers by, in the order of its logits."""
        return tuple(self.card.heads)

    @property
    def conventions(self) -> tuple[str, ...]:
        """The names of other ways to answer."""
        return tuple(each.name for each in self.card.conventions)

    def by(self, convention: str) -> Classifier:
        """The same network, answering by a convention.

        Raises:
            BadInputError: It knows no such convention.
        """
        name = f"{self.card.name}:{convention}"
        card = plain_by(self.card, convention).model_copy(update={"name": name})
        return Classifier(card, self._session, self._threads)

    def __call__(self, images: Sequence[Image]) -> Reals:
        """Calibrated probabilities of some pictures of faces.

        Args:
            images: uint8 ``(H, W, 3)`` RGB, each of any size, framed as the card's ``margin``
                says; each is brought to the model's size.

        Returns:
            float64 ``(n, classes)``, rows sum to 1.
        """
        return self.calibrated(self.logits(images))

    def calibrated(self, logits: Floats) -> Reals:
        """Probabilities of logits, at the card's temperature."""
        return softmax(logits, self.card.temperature)

    def logits(self, images: Sequence[Image]) -> Floats:
        """What it answers by: float32 ``(n, classes)``."""
        return self._answered(self.all_logits(images))

    def all_logits(self, images: Sequence[Image]) -> Floats:
        """What the network gives for every set of labels: float32 ``(n, sets, classes)``."""
        parts = [images[at : at + _BATCH] for at in range(0, len(images), _BATCH)]
        if not parts:
            return np.zeros((0, 1 + max(self.heads), len(self.classes)), np.float32)
        with ThreadPoolExecutor(min(self._threads, len(parts))) as pool:
            return np.concatenate(list(pool.map(self._answer, parts)))

    def run(self, batch: Floats) -> Floats:
        """The network's logits for pictures of its size, float32 ``(n, H, W, 3)``, 0 to 255."""
        return self._answered(self._run(batch))

    def answers(self, probabilities: Reals) -> list[str]:
        """The most probable class of each row, or ``unknown`` where confidence is too low."""
        found = probabilities.argmax(axis=1)
        sure = probabilities.max(axis=1) >= self.card.unknown_below
        return [
            self.classes[place] if enough else UNKNOWN
            for place, enough in zip(found, sure, strict=True)
        ]

    def _answer(self, images: Sequence[Image]) -> Floats:
        """All logits of one batch of pictures of any size."""
        size = (self.card.size, self.card.size)
        return self._run(np.stack([colour(image, size) for image in images]).astype(np.float32))

    def _run(self, batch: Floats) -> Floats:
        [found] = self._session.run(None, {self._given: batch})
        return np.asarray(found, np.float32).reshape(len(batch), -1, len(self.classes))

    def _answered(self, logits: Floats) -> Floats:
        """The mean over the heads that decide."""
        return answered(logits, self.heads)


def answered(logits: Floats, heads: Sequence[int]) -> Floats:
    """The mean of the logits of some sets of labels: ``(n, sets, k)`` to ``(n, k)``, float32."""
    found: Floats = logits[:, list(heads)].mean(axis=1, dtype=np.float32)
    return found


def open_classifier(name: str | Path, *, threads: int = 1) -> Classifier:
    """Open a model.

    Args:
        name: Its folder, or the name of one that comes with the package; with ``:CONVENTION``, it
            answers by that set of labels.
        threads: That a call with many pictures may use.

    Raises:
        BadInputError: There is no such model, or it knows no such set of labels.
        WeightsError: Its network is missing, damaged, or not the one of its card.
    """
    folder = find_model(name)
    card = read_card(folder)
    try:
        session = open_session((folder / ONNX).read_bytes(), threads=1)
    except Exception as error:
        line = " ".join(str(error).split())[:200]
        raise WeightsError(f"{folder / ONNX} cannot be run: {line}") from error
    _check_width(folder, card, session.get_outputs()[0].shape[-1])
    classifier = Classifier(card, session, threads)
    _, convention = split_name(name)
    return classifier if convention is None else classifier.by(convention)


def _check_width(folder: Path, card: Card, width: Any) -> None:
    """The network must have the logits that the card speaks of."""
    ways = [card.heads, *(each.heads for each in card.conventions)]
    k, heads = len(card.classes), 1 + max(max(way) for way in ways)
    if isinstance(width, int) and (width % k or width < heads * k):
        raise WeightsError(
            f"{folder / ONNX} gives {width} numbers, the card speaks of {heads} sets of labels of "
            f"{k} classes; copy the whole folder of the model again"
        )
