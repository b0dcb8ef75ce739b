"""Numbers for samples, computed once and kept in the dataset.

    found = kept_vectors(dataset, recipe, 8, ids, compute, progress)    # float32 (n, 8)

What is there is read; the rest is computed and committed some hundred at a time, so that a run
that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.leftover import Surplus
from cinemotion.core.types import Floats
from cinemotion.dataset.features import FeatureStore, feature_id

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""

_COMMIT = 512
_AT_ONCE = 128  # pictures in memory


def kept_vectors(
    dataset: Path,
    recipe: Mapping[str, Any],
    dimensions: int,
    ids: Sequence[str],
    compute: Callable[[Sequence[str]], Floats],
    progress: Progress | None = None,
) -> Floats:
    """Vectors of samples.

    Args:
        dataset: The dataset's folder.
        recipe: All that the numbers depend on.
        dimensions: The length of a vector.
        ids: Which samples; some may be named twice.
        compute: Gives the vectors of samples that have none yet, of a hundred or so at once.
        progress: Told how far it is.

    Returns:
        float32 ``(n, dimensions)``, in the order asked for.

    Raises:
        DatasetError: They cannot be written, or another process computes the same.
    """
    if not ids:
        return np.zeros((0, dimensions), np.float32)
    store = FeatureStore(dataset)
    id = feature_id(recipe)
    with store.working(id):
        known = store.known(id)
        missing = [each for each in dict.fromkeys(ids) if each not in known]
        surplus = Surplus()
        for at in range(0, len(missing), _COMMIT):
            part = missing[at : at + _COMMIT]
            few = (part[i : i + _AT_ONCE] for i in range(0, len(part), _AT_ONCE))
            store.add(recipe, part, np.concatenate([compute(each) for each in few]))
            surplus()
            if progress is not None:
                progress(min(at + _COMMIT, len(missing)), len(missing))
    return store.read(id, ids)
