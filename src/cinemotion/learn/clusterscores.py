"""How well clusters agree with labels, and how well they are separated.

    scores = score_labels(labels, clusters, seed=0, groups=films)
    scores["ari"].value, scores["ari"].low, scores["ari"].high, scores["ari"].chance
    score_shape(vectors, clusters)["silhouette"]
    table = contingency(labels, clusters)       # Polars: a row per label, a column per cluster

Noise (-1) counts as one more cluster against labels, and is left out of the shape. How the
intervals come about is in ``resampling.py``, and the formulas are in ``crosstab.py``.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.learn.algorithm import Clusters
from cinemotion.learn.clusters import NOISE
from cinemotion.learn.crosstab import SCORES, Crosstab, measure
from cinemotion.learn.matrix import as_matrix, draw_rows
from cinemotion.learn.optional import needs
from cinemotion.learn.resampling import by_group, by_sample, interval, permuted

if TYPE_CHECKING:
    import polars as pl

SHOWN = 5000
"""The silhouette compares each sample with each other one: of more, so many are drawn."""

_ADJUSTED = ("ari", "ami")  # for chance: below it, they are negative


@dataclass(frozen=True, slots=True)
class Score:
    """A score, how sure it is, and what chance would give.

    Attributes:
        value: The score.
        low: Lower end of the 95 % interval, as if samples were independent.
        high: Its upper end.
        chance: The mean score of the same clusters dealt out by chance.
        group_low: Lower end of the interval when whole groups are drawn; ``None`` without groups.
        group_high: Its upper end.
    """

    value: float
    low: float
    high: float
    chance: float
    group_low: float | None = None
    group_high: float | None = None


def score_labels(
    labels: Sequence[Hashable],
    clusters: Clusters,
    seed: int = 0,
    *,
    groups: Sequence[Hashable] | None = None,
    resamples: int = 1000,
    permutations: int = 200,
) -> dict[str, Score]:
    """Compare clusters with labels.

    Args:
        labels: A label per sample, none of them missing.
        clusters: int64 ``(n,)``, -1 for noise.
        seed: Of resampling and permuting.
        groups: To which group (a film, a clip) each sample belongs; samples of one group are not
            independent, and the interval by group is the honest one.
        resamples: Of the bootstrap.
        permutations: For the score by chance.

    Returns:
        By name, in the order of ``crosstab.SCORES``: ``ari``, ``nmi``, ``ami``, ``homogeneity``,
        ``completeness``, ``v``, ``fowlkes_mallows``, ``purity``, ``accuracy``.

    Raises:
        BadInputError: No samples, or sequences of different lengths.
        MissingExtraError: scikit-learn is not installed.
    """
    rows, cols = _codes(labels), _codes(clusters.tolist())
    if not len(rows) or len(rows) != len(cols):
        raise BadInputError(f"{len(rows)} labels cannot be compared with {len(cols)} clusters")
    table = Crosstab.count(rows, cols)
    values = measure(table)
    random = np.random.default_rng(seed)
    drawn = by_sample(table, resamples, random)
    dealt = permuted(table, permutations, random)
    grouped = None
    if groups is not None:
        grouped = by_group(table, rows, cols, _codes(groups), resamples, random)
    scores = {}
    for name in SCORES:
        value = float(values[name][0])
        floor = -1.0 if name in _ADJUSTED else 0.0
        low, high = interval(value, drawn[name], floor)
        ends = (None, None) if grouped is None else interval(value, grouped[name], floor)
        scores[name] = Score(value, low, high, float(dealt[name].mean()), *ends)
    return scores


def score_shape(
    vectors: NDArray[Any], clusters: Clusters, seed: int = 0
) -> dict[str, float | int | None]:
    """How well clusters are separated, without any labels.

    Args:
        vectors: What was clustered, finite, ``(n, d)``.
        clusters: int64 ``(n,)``, -1 for noise, which is left out.
        seed: Of the samples that are drawn for the silhouette.

    Returns:
        ``silhouette`` (-1 to 1, higher is better) and ``silhouette_samples``, of how many samples
        (5,000 at most); ``davies_bouldin`` (0 and more, lower is better), ``calinski_harabasz``
        (0 and more, higher is better). ``None`` where a score is not defined: with one cluster,
        or with one sample in each.

    Raises:
        BadInputError: NaN.
        MissingExtraError: scikit-learn is not installed.
    """
    held = clusters != NOISE
    matrix = as_matrix(vectors)
    # Noise is rare, and a copy of a large matrix is dear.
    points, found = (matrix, clusters) if held.all() else (matrix[held], clusters[held])
    with needs("scikit-learn", "cluster"):
        from sklearn import metrics
    some = draw_rows(len(found), SHOWN, seed)
    defined, drawn = _comparable(found), _comparable(found[some])
    return {
        "silhouette": float(metrics.silhouette_score(points[some], found[some])) if drawn else None,
        "silhouette_samples": len(some),
        "davies_bouldin": float(metrics.davies_bouldin_score(points, found)) if defined else None,
        "calinski_harabasz": (
            float(metrics.calinski_harabasz_score(points, found)) if defined else None
        ),
    }


def contingency(labels: Sequence[str], clusters: Clusters) -> pl.DataFrame:
    """How many samples of each label are in each cluster.

    Args:
        labels: A label per sample.
        clusters: int64 ``(n,)``, -1 for noise.

    Returns:
        A row per label, in the order of their names: ``label``, then a column per cluster, ``0``
        and so on, and ``noise`` last where there is any.
    """
    import polars as pl

    names = {number: str(number) for number in sorted(set(clusters.tolist()) - {NOISE})}
    if NOISE in clusters:
        names[NOISE] = "noise"
    rows = pl.DataFrame({"label": list(labels), "cluster": clusters})
    return (
        rows.group_by("label")
        .agg(
            (pl.col("cluster") == number).sum().cast(pl.Int64).alias(name)
            for number, name in names.items()
        )
        .sort("label")
    )


def _codes(values: Sequence[Hashable]) -> NDArray[np.int64]:
    """Equal values as equal numbers from 0."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)


def _comparable(clusters: Clusters) -> bool:
    """Whether there are at least two clusters, and one of them has two samples."""
    return 1 < len(np.unique(clusters)) < len(clusters)
