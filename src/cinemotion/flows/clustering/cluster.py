"""Cluster a frozen version by its features, and see what the clusters found.

    found = cluster("dataset@v1", features="hog", algorithm="kmeans", k="auto", seed=0)
    found.clusters                              # int64 (n,): 0 is the largest, -1 is noise
    found.scores["film"]["ami"].value           # against the film, the shot, the emotion …
    found.curve.silhouette                      # of each k that was tried, where k was "auto"

The clusters are kept in the dataset under ``found.id``, which follows from the version, the
features and the settings: the same call gives the same id and the same clusters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Floats
from cinemotion.dataset.clusterings import write_clustering
from cinemotion.dataset.features import feature_id
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import open_version
from cinemotion.flows.clustering.evaluation import evaluate
from cinemotion.flows.clustering.features import FeatureTable
from cinemotion.flows.clustering.prepared import ALL, Prepared, prepare
from cinemotion.flows.clustering.targets import choose_targets
from cinemotion.learn.algorithm import Clusters
from cinemotion.learn.choosing import KCurve, choose_k
from cinemotion.learn.clusters import open_clusterer, read_algorithm
from cinemotion.learn.clusterscores import Score, score_shape
from cinemotion.learn.scaling import Scaling

K = int | Literal["auto"]
Progress = Callable[[int, int], None]

KS = range(1, 16)
"""Numbers of clusters that ``auto`` tries."""

_ID_DIGITS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Clusters of samples, and what they agree with.

    Attributes:
        id: Under which it is kept in the dataset.
        ids: The samples, sorted.
        clusters: int64 ``(n,)``: 0 for the largest cluster and so on, -1 for noise.
        table: The features of these samples.
        scaled: float32 ``(n, d')``: what was clustered.
        curve: Of each k that was tried; ``None`` where k was given or the algorithm finds it.
        scores: By target (``emotion``, ``film`` …) and name of the score.
        shape: Silhouette, Davies-Bouldin, Calinski-Harabasz; see ``score_shape``.
        contingency: By target: a row per label, a column per cluster.
        counted: By target: the samples that have it; the others do not count.
        group_levels: By target: what its intervals by group go by.
        left_out: By target: why there are no scores.
        alike: Targets that are nearly the same as the emotion in these samples.
        settings: What was asked for; ``version`` is the reference.
    """

    id: str
    ids: list[str]
    clusters: Clusters
    table: FeatureTable
    scaled: Floats
    curve: KCurve | None
    scores: dict[str, dict[str, Score]]
    shape: dict[str, float | int | None]
    contingency: dict[str, pl.DataFrame]
    counted: dict[str, int]
    group_levels: dict[str, str | None]
    left_out: dict[str, str]
    alike: list[str]
    settings: dict[str, Any]

    @property
    def sizes(self) -> list[int]:
        """Samples in each cluster, noise left out."""
        held = self.clusters[self.clusters >= 0]
        return [int((held == number).sum()) for number in range(int(held.max()) + 1)]

    @property
    def noise(self) -> int:
        """Samples in no cluster."""
        return int((self.clusters < 0).sum())

    def record(self) -> dict[str, Any]:
        """What is kept beside the clusters, as JSON; it names no film."""
        return {
            "id": self.id,
            "settings": dict(self.settings),
            "samples": len(self.ids),
            "sizes": self.sizes,
            "noise": self.noise,
            "curve": None if self.curve is None else self.curve.as_json(),
            "scores": {
                target: {name: dataclasses.asdict(score) for name, score in scores.items()}
                for target, scores in self.scores.items()
            },
            "shape": self.shape,
            "counted": self.counted,
            "group_levels": self.group_levels,
            "left_out": self.left_out,
            "alike": self.alike,
        }


def cluster(
    reference: str,
    *,
    features: str,
    algorithm: str = "kmeans",
    k: K = "auto",
    seed: int = 0,
    scaling: Scaling = "standard",
    components: int | None = None,
    against: Sequence[str] | None = None,
    split: str = ALL,
    sample: int | None = None,
    progress: Progress | None = None,
) -> Clustering:
    """Cluster samples, score the clusters and keep them in the dataset.

    Args:
        reference: ``DATASET@VERSION``.
        features: The name of a feature set, or its id.
        algorithm: A name in ``learn.clusters.CLUSTERERS``.
        k: How many clusters, 2 or more, or ``auto``; algorithms that find the number take no k.
        seed: Of all that is left to chance.
        scaling: ``none``, ``standard`` or ``whiten``.
        components: Principal components to keep.
        against: What to compare with; without it ``emotion``, ``film``, ``shot`` and ``track``, as
            far as they are known.
        split: A side of the version, or ``all``.
        sample: Cluster so many samples at most, drawn by chance.
        progress: Told how many numbers of clusters are tried.

    Raises:
        BadInputError: NaN, an empty split, k out of range, fewer than two clusters, a target that
            was asked for and is not known, too many samples for the algorithm.
        DatasetError: There is no such version, or no such features of it.
        MissingExtraError: scikit-learn is not installed.
    """
    check_k(algorithm, k)
    version = open_version(*need_version(reference))
    prepared = prepare(
        reference,
        features,
        split=split,
        sample=sample,
        scaling=scaling,
        components=components,
        seed=seed,
    )
    clustering = _cluster(
        prepared,
        {
            "version": reference,
            "features": prepared.table.name,
            "feature_set": feature_id(prepared.table.recipe),
            "algorithm": algorithm,
            "k": k if read_algorithm(algorithm).takes_k else None,
            "seed": seed,
            "scaling": scaling,
            "components": components,
            "split": split,
            "sample": sample,
        },
        version=version.id,
        against=against,
        progress=progress,
    )
    rows = pl.DataFrame({"id": clustering.ids, "cluster": clustering.clusters})
    record = clustering.record()
    record["settings"] |= {"version": version.id}  # a folder may be moved
    write_clustering(version.path, clustering.id, rows, record)
    return clustering


def _cluster(
    prepared: Prepared,
    settings: dict[str, Any],
    *,
    version: str,
    against: Sequence[str] | None,
    progress: Progress | None,
) -> Clustering:
    table, scaled = prepared.table, prepared.scaled
    choose_targets(table.samples, against)  # what cannot be is refused before the work
    k, seed = settings["k"], settings["seed"]
    curve = choose_k(scaled, KS, seed, progress=progress) if k == "auto" else None
    number = k if curve is None else curve.k
    clusters = find_clusters(scaled, settings["algorithm"], number, seed)
    found = evaluate(clusters, table.samples, against=against, seed=seed)
    return Clustering(
        id=hash_json(settings | {"version": version})[:_ID_DIGITS],
        ids=table.ids,
        clusters=clusters,
        table=table,
        scaled=scaled,
        curve=curve,
        shape=score_shape(scaled, clusters, seed),
        settings=settings,
        scores=found.scores,
        contingency=found.contingency,
        counted=found.counted,
        group_levels=found.group_levels,
        left_out=found.left_out,
        alike=found.alike,
    )


def check_k(algorithm: str, k: K) -> None:
    """Refuse an algorithm or a k that cannot be, before anything is read.

    Raises:
        BadInputError: No such algorithm, fewer than two clusters, or a k that is not taken.
    """
    if read_algorithm(algorithm).takes_k:
        if k != "auto" and k < 2:
            raise BadInputError(f"--k {k}: with fewer than two clusters nothing can be compared")
    elif k != "auto":
        raise BadInputError(
            f"{algorithm} finds the number of clusters by itself; leave --k {k} out"
        )


def find_clusters(scaled: Floats, algorithm: str, k: int | None, seed: int) -> Clusters:
    """Cluster, and refuse a result that cannot be compared with anything.

    Raises:
        BadInputError: There are fewer than two clusters, and what the algorithm refuses.
    """
    clusters = open_clusterer(algorithm, k=k, seed=seed).fit_predict(scaled)
    if clusters.max() < 1:
        noise = int((clusters < 0).sum())
        raise BadInputError(
            f"{algorithm} found {'no' if clusters.max() < 0 else 'one'} cluster in "
            f"{len(clusters)} samples ({noise} are noise), and with fewer than two nothing can be "
            "compared; try another --scaling, --components, --features or --algorithm"
        )
    return clusters
