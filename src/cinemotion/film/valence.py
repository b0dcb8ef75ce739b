"""Valence, from unpleasant (-1) to pleasant (1), derived from the probabilities of emotions.

    valence(probabilities, classes)         # float64 (...,)

It is no measurement of its own: each emotion counts with the mean pleasure that people gave it in
Russell and Mehrabian 1977, "Evidence for a three-factor theory of emotions", and neutral with 0.
Contempt is not among theirs; it has the value that they found for "scornful" people nearest to it,
rounded by us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

PLEASURE: Mapping[str, float] = MappingProxyType(
    {
        "angry": -0.51,
        "disgust": -0.60,
        "fear": -0.64,
        "happy": 0.81,
        "sad": -0.63,
        "surprise": 0.40,
        "neutral": 0.0,
        "contempt": -0.40,
    }
)


def valence(probabilities: Doubles, classes: Sequence[str]) -> Doubles:
    """The expected pleasure.

    Args:
        probabilities: float64 ``(..., k)``.
        classes: The names of the last axis. Classes that are no emotion do not count; the others
            are scaled to sum to 1.

    Returns:
        float64 ``(...)`` in [-1, 1]; NaN where no emotion has a probability.
    """
    weights = np.array([PLEASURE.get(name, 0.0) for name in classes])
    counts = np.array([name in PLEASURE for name in classes])
    total = (probabilities * counts).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (probabilities * weights).sum(axis=-1) / total, np.nan)
