"""Compare feature sets, algorithms and seeds in one table.

    runs = sweep("dataset@v1", features=["hog", "lbp"], algorithms=["kmeans", "gmm"], seeds=5)
    runs["rank", "features", "algorithm", "seed", "emotion_ari"]        # a row per run
    rank_runs(runs)                             # a row per feature set and algorithm, best first

A run that cannot be done is a row with a reason. What is ranked is the mean over the seeds of the
adjusted Rand index, by default with the emotion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.flows.clustering.cluster import KS, K, check_k, find_clusters
from cinemotion.flows.clustering.evaluation import Evaluation, evaluate
from cinemotion.flows.clustering.features import load_features
from cinemotion.flows.clustering.prepared import ALL, Prepared, prepare
from cinemotion.flows.clustering.targets import USUAL, choose_targets
from cinemotion.learn.choosing import choose_k
from cinemotion.learn.clusters import read_algorithm
from cinemotion.learn.clusterscores import score_shape
from cinemotion.learn.scaling import Scaling

RANKED = "ari"
SURE = ("ari", "nmi", "ami")
"""Scores whose intervals and chance are in the table; of the others there is the value."""

_ENDS = ("low", "high", "chance", "group_low", "group_high")
_FIRST = (
    *("rank", "features", "algorithm", "seed", "k", "clusters", "noise", "samples", "seconds"),
    "reason",
)
_Row = dict[str, Any]


def sweep(
    reference: str,
    *,
    features: Sequence[str],
    algorithms: Sequence[str],
    seeds: int = 5,
    k: K = "auto",
    scaling: Scaling = "standard",
    components: int | None = None,
    against: Sequence[str] | None = None,
    split: str = ALL,
    sample: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Cluster with every feature set, algorithm and seed; nothing is kept in the dataset.

    Args:
        reference: ``DATASET@VERSION``.
        features: Names of feature sets, or their ids.
        algorithms: Names in ``learn.clusters.CLUSTERERS``.
        seeds: How many: 0, 1 and so on.
        k: For the algorithms that take one; ``auto`` is found once for each feature set.
        scaling: ``none``, ``standard`` or ``whiten``.
        components: Principal components to keep.
        against: What to compare with; the first one ranks. Without it the emotion, which must be
            known, and film, shot and track where they are.
        split: A side of the version, or ``all``.
        sample: Cluster so many samples at most, drawn by chance.
        progress: Told how many runs of how many are done.

    Returns:
        A row per run, best first: ``rank`` of its feature set and algorithm (null where no run of
        them came to an end), ``features``, ``algorithm``, ``seed``, ``k``, ``clusters``,
        ``noise``, ``samples``, ``seconds`` (of the clustering alone), ``reason`` (null, or why the
        run failed), the scores of shape, and for each target ``<target>_<score>``, of those in
        :data:`SURE` also ``_low``, ``_high``, ``_chance``, ``_group_low`` and ``_group_high``.

    Raises:
        BadInputError: What ranks is not known, or no run came to an end.
        DatasetError: There is no such version, or no such features of it.
        MissingExtraError: scikit-learn is not installed.
    """
    if not features or not algorithms or seeds < 1:
        raise BadInputError("a sweep needs features, algorithms and 1 seed or more")
    for algorithm in algorithms:
        check_k(algorithm, k if read_algorithm(algorithm).takes_k else "auto")
    for name in features:  # all of them, so that the last one is not missed after an hour
        load_features(reference, name)
    ranking = USUAL[0] if not against else against[0]
    runs: list[_Row] = []
    total = len(features) * len(algorithms) * seeds
    for name in features:
        prepared = prepare(
            reference,
            name,
            split=split,
            sample=sample,
            scaling=scaling,
            components=components,
        )
        known = _known(prepared, against, ranking)
        for run in _runs(prepared, algorithms, seeds, k=k, against=known):
            runs.append({"features": name} | run)
            if progress is not None:
                progress(len(runs), total)
    if all(run["reason"] for run in runs):
        raise BadInputError(f"no run came to an end; the first: {runs[0]['reason']}")
    return _ranked(pl.DataFrame(runs, infer_schema_length=None), f"{ranking}_{RANKED}")


def rank_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """The seeds of each feature set and algorithm together, best first.

    Args:
        runs: As :func:`sweep` gives them.

    Returns:
        ``rank``, ``features``, ``algorithm``, ``runs`` that came to an end, ``failed``, ``k`` (of
        the first run); of every target's ``ari``, ``nmi`` and ``ami`` the mean and the mean of
        chance, and in ``_low`` and ``_high`` the lowest and highest end of the seeds' intervals:
        by group where groups are known, else by sample; ``seconds``, the mean.
    """
    columns = [
        name
        for name in runs.columns
        if name.rpartition("_")[2] in SURE and f"{name}_chance" in runs.columns
    ]
    done = pl.col("reason").is_null()
    figures = [
        part
        for name in columns
        for part in (
            pl.col(name).mean(),
            pl.coalesce(f"{name}_group_low", f"{name}_low").min().alias(f"{name}_low"),
            pl.coalesce(f"{name}_group_high", f"{name}_high").max().alias(f"{name}_high"),
            pl.col(f"{name}_chance").mean(),
        )
    ]
    grouped = runs.group_by("rank", "features", "algorithm", maintain_order=True)
    return grouped.agg(
        done.sum().alias("runs"),
        (~done).sum().alias("failed"),
        pl.col("k").first(),
        *figures,
        pl.col("seconds").mean(),
    )


def _known(prepared: Prepared, against: Sequence[str] | None, ranking: str) -> list[str]:
    """The targets that the samples have; the one that ranks must be among them."""
    targets, left_out = choose_targets(prepared.table.samples, against)
    if ranking not in targets:
        raise BadInputError(
            f"nothing to rank by: {left_out[ranking]} ({ranking}); label samples and freeze a "
            "version, or rank by another one, for instance --against film"
        )
    return list(targets)


def _runs(
    prepared: Prepared, algorithms: Sequence[str], seeds: int, *, k: K, against: Sequence[str]
) -> Iterator[_Row]:
    number: int | None = None
    for algorithm in algorithms:
        for seed in range(seeds):
            row = {"algorithm": algorithm, "seed": seed, "samples": len(prepared.table.ids)}
            try:
                if read_algorithm(algorithm).takes_k and number is None:
                    number = choose_k(prepared.scaled, KS).k if k == "auto" else k
                yield row | _run(prepared, algorithm, seed, number, against)
            except BadInputError as error:
                yield row | {"reason": str(error)}


def _run(
    prepared: Prepared, algorithm: str, seed: int, k: int | None, against: Sequence[str]
) -> _Row:
    number = k if read_algorithm(algorithm).takes_k else None
    since = time.perf_counter()
    clusters = find_clusters(prepared.scaled, algorithm, number, seed)
    seconds = time.perf_counter() - since
    found = evaluate(clusters, prepared.table.samples, against=against, seed=seed)
    return {
        "k": number,
        "clusters": int(clusters.max()) + 1,
        "noise": int((clusters < 0).sum()),
        "seconds": seconds,
        "reason": None,
        **score_shape(prepared.scaled, clusters, seed),
        **_scores(found),
    }


def _scores(found: Evaluation) -> _Row:
    row: _Row = {}
    for target, scores in found.scores.items():
        for name, score in scores.items():
            row[f"{target}_{name}"] = score.value
            if name in SURE:
                row |= {f"{target}_{name}_{end}": getattr(score, end) for end in _ENDS}
    return row


def _ranked(runs: pl.DataFrame, by: str) -> pl.DataFrame:
    """Runs in the order of the mean of their feature set and algorithm, then of the seed."""
    mean = pl.col(by).mean().over("features", "algorithm")
    order = runs.with_columns(mean=mean).with_columns(
        rank=pl.col("mean").rank("dense", descending=True).cast(pl.Int64)
    )
    order = order.sort("rank", "features", "algorithm", "seed", nulls_last=True)
    return order.select(*_FIRST, pl.exclude(*_FIRST, "mean"))
