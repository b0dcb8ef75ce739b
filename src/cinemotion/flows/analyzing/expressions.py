"""What a model says of every face of a film; kept in the dataset by sample and network.

probabilities = read_expressions(footage.dataset, faces["id"], classifier)   # float64 (n, k)
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cinemotion.core.cores import usable_cores
from cinemotion.core.types import Floats, Image
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.images import decode_image
from cinemotion.faces.framing import Framing, reframe
from cinemotion.flows.analyzing.vectors import Progress, kept_vectors
from cinemotion.learn.classifier import Classifier
from cinemotion.learn.modelfolder import ONNX
from cinemotion.learn.scores import Reals

_REVISION = 1


def read_expressions(
    dataset: Path, ids: Sequence[str], classifier: Classifier, progress: Progress | None = None
) -> Reals:
    """Calibrated probabilities of the crops of some samples.

    Args:
        dataset: The dataset's folder.
        ids: The samples, crops of films.
        classifier: The model.
        progress: Told how far it is.

    Returns:
        float64 ``(n, classes)``, rows sum to 1.
    """
    card = classifier.card
    framing = Framing(card.margin, card.lift)
    opened = open_dataset(dataset)

    def face(encoded: bytes) -> Image:
        return reframe(decode_image(encoded), Framing(), framing)

    def compute(part: Sequence[str]) -> Floats:
        with ThreadPoolExecutor(usable_cores()) as pool:
            faces = list(pool.map(face, opened.encoded(part)))
        return classifier.logits(faces)

    # Logits, not probabilities: a model that is calibrated anew says the same.
    recipe: dict[str, Any] = {
        "name": "expression",
        "revision": _REVISION,
        "network": card.hashes[ONNX],
        "framing": [card.margin, card.lift],
    }
    if classifier.heads != (0,):  # of one network, other sets of labels
        recipe["heads"] = list(classifier.heads)
    logits = kept_vectors(dataset, recipe, len(card.classes), ids, compute, progress)
    return classifier.calibrated(logits)
