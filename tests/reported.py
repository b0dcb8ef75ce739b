"""Drawn pictures with features that tell of the film and of nothing else, and their clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.dataset.features import FeatureStore
from cinemotion.flows.clustering.cluster import Clustering, cluster
from frozen import Sample, frozen, png

FILMS = ("Dawn", "Dusk", "Noon")
EMOTIONS = ("angry", "happy", "sad", "neutral")  # in their pinned order


def pictures(n: int, films: tuple[str, ...], emotions: tuple[str, ...]) -> list[Sample]:
    """Pictures of some films in turn; the last one has no label."""
    return [
        Sample(
            f"{i:03}.png",
            png(i),
            {} if i == n - 1 else {emotions[i // len(films) % len(emotions)]: 1},
            ("train", "val", "test")[i % 4 % 3],
            film=films[i % len(films)],
        )
        for i in range(n)
    ]


def reported(
    path: Path,
    *,
    films: tuple[str, ...] = FILMS,
    emotions: tuple[str, ...] = EMOTIONS,
    **options: Any,
) -> Clustering:
    """Write a version of 48 such pictures, and cluster it."""
    samples = pictures(48, films, emotions)
    frozen(path, [*samples, Sample("blurred.png", png(900), status="rejected")])
    centres = 20 * np.eye(len(films), 5)[np.arange(48) % len(films)]
    vectors = centres + np.random.default_rng(0).normal(size=(48, 5))
    ids = [sample.id for sample in samples]
    FeatureStore(path).add({"name": "hand"}, ids, vectors.astype(np.float32))
    return cluster(f"{path}@v1", **({"k": 3, "features": "hand"} | options))
