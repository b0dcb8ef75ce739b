"""A million samples: MiniBatch K-Means and principal components, with time and peak memory.

    python benchmarks/manyclusters.py [--samples 1000000] [--numbers 128] [--json FILE]

The features are a mixture of 32 Gaussians in the order of chance, float32, 512 MB at full size;
the centres are 1.5 apart in each number, deviation 1. Memory is the peak of what the process
holds, the features and all libraries included. The components are those of all samples; a map of
neighbours (t-SNE, UMAP) draws a sample first, as pages do.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cinemotion.learn.clusters import open_clusterer
from cinemotion.learn.clusterscores import score_labels, score_shape
from cinemotion.learn.projections import project
from cinemotion.learn.scaling import scale
from common import print_table, write_json

MIXED, SEED, BLOCK = 32, 0, 65_536
LIMIT = 4.0  # GB, the promise

Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--numbers", type=int, default=128)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    steps: list[dict[str, Any]] = []
    vectors, truth = timed(steps, "features", lambda: mixture(options.samples, options.numbers))
    scaled = timed(steps, "standard scaling", lambda: scale(vectors))
    clusterer = open_clusterer("minibatch-kmeans", k=MIXED, seed=SEED)
    clusters = timed(steps, "minibatch-kmeans", lambda: clusterer.fit_predict(scaled))
    timed(steps, "shape", lambda: score_shape(scaled, clusters, SEED))
    scores = timed(steps, "scores", lambda: score_labels(truth.tolist(), clusters, SEED))
    timed(steps, "pca", lambda: project(scaled, "pca", seed=SEED))
    print_table(list(steps[0]), [list(step.values()) for step in steps])
    ari = scores["ari"].value
    print(f"\nARI with the mixture {ari:.4f}; peak {steps[-1]['peak GB']} GB of {LIMIT} GB")
    result = {"samples": options.samples, "numbers": options.numbers, "ari": ari, "steps": steps}
    write_json(options.json, "manyclusters", result)
    if steps[-1]["peak GB"] > LIMIT:
        sys.exit("more memory than promised")


def mixture(n: int, d: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features ``(n, d)`` and the component of each; made in blocks, so that no copy is held."""
    random = np.random.default_rng(SEED)
    centres = 1.5 * random.standard_normal((MIXED, d), np.float32)
    truth = random.integers(0, MIXED, n)
    vectors = np.empty((n, d), np.float32)
    for at in range(0, n, BLOCK):
        part = vectors[at : at + BLOCK]
        random.standard_normal(out=part, dtype=np.float32)
        part += centres[truth[at : at + BLOCK]]
    return vectors, truth


def timed(steps: list[dict[str, Any]], name: str, work: Callable[[], Result]) -> Result:
    """Do a step; write down its time and the highest memory so far."""
    since = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - since
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # from kB
    steps.append({"step": name, "seconds": round(seconds, 1), "peak GB": round(peak, 2)})
    return result


if __name__ == "__main__":
    main()
