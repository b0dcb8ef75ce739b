"""Where a model looks: how much an answer loses when a part of the picture is hidden.

    heat = occlusion_map(classifier, picture, place)       # float32 (9, 9), larger matters more

Source: Zeiler and Fergus, ECCV 2014, section 4.2. It asks the network as it is, through ONNX
Runtime, and needs no gradients.
"""

from __future__ import annotations

import numpy as np

from cinemotion.core.types import Floats, Image
from cinemotion.learn.canvas import colour
from cinemotion.learn.classifier import Classifier

STEPS = 9
_PATCH = 0.26  # of the side


def occlusion_map(classifier: Classifier, image: Image, place: int) -> Floats:
    """How much the probability of a class falls when a square around each point is grey.

    Args:
        classifier: The model.
        image: uint8 ``(H, W, 3)``, RGB.
        place: The number of the class.

    Returns:
        float32 ``(STEPS, STEPS)``, from top left; below 0 where hiding helps.
    """
    size = classifier.card.size
    whole = colour(image, (size, size)).astype(np.float32)
    half = max(1, round(_PATCH * size / 2))
    mean = whole.mean(axis=(0, 1))
    batch = [whole]
    centres = np.linspace(0, size - 1, STEPS).round().astype(int)
    for y in centres:
        for x in centres:
            hidden = whole.copy()
            hidden[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = mean
            batch.append(hidden)
    probabilities = classifier.calibrated(classifier.run(np.stack(batch)))[:, place]
    fall: Floats = (probabilities[0] - probabilities[1:]).astype(np.float32)
    return fall.reshape(STEPS, STEPS)
