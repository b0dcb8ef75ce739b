"""Vectors that ``cinemotion features`` stored, to have the last word on near twins.

embeddings = stored_embeddings(dataset, "onnx:faces.onnx", limit=0.3)
dedup(dataset, embeddings=embeddings)
"""

from __future__ import annotations

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.curate.embeddings import Embeddings
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.features import FeatureSet, FeatureStore


def stored_embeddings(dataset: Dataset, name: str, limit: float) -> Embeddings:
    """The vectors of a feature set; those that are zero, as HOG's of a blank picture, left out.

    Args:
        dataset: An open dataset.
        name: How they were asked for, as in ``hog``; or the id of the feature set, or the first
            four digits of it and more.
        limit: Greatest cosine distance of twins, 0 to 2.

    Raises:
        BadInputError: The name stands for no set or for several, or the limit is out of range.
        DatasetError: The set cannot be read.
    """
    store = FeatureStore(dataset.path)
    entry = _find(store, name)
    ids = sorted(store.known(entry.id))
    vectors = store.read(entry.id, ids)
    some = np.flatnonzero(vectors.any(axis=1))
    return Embeddings([ids[row] for row in some], vectors[some], limit, entry.column)


def _find(store: FeatureStore, name: str) -> FeatureSet:
    found = store.named(name)
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInputError(
            f"{store.path} has {len(found)} sets of vectors {name!r}; give the id of one: "
            f"{', '.join(entry.id for entry in found)}"
        )
    there = ", ".join(f"{entry.spec} ({entry.id})" for entry in store.list()) or "none"
    raise BadInputError(
        f"{store.path} has no vectors {name!r}, only: {there}; compute them with: cinemotion "
        f"features {store.path}@VERSION --with {name}"
    )
