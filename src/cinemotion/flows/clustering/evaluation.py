"""How well clusters agree with what is known of the samples.

found = evaluate(clusters, samples, against=None, seed=0)
found.scores["film"]["ami"].value, found.scores["emotion"]["ami"].value
found.left_out["track"]             # why there is no such comparison
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cinemotion.flows.clustering.targets import EMOTION, Target, choose_targets, values_of
from cinemotion.learn.algorithm import Clusters
from cinemotion.learn.clusterscores import Score, contingency, score_labels
from cinemotion.learn.crosstab import Crosstab, measure

_ALIKE = 0.8  # adjusted mutual information of emotion and film, say


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Scores against every target.

    Attributes:
        scores: By target and name of the score.
        contingency: By target: a row per label, a column per cluster.
        counted: By target: the samples that have it; the others do not count.
        group_levels: By target: what the intervals by group go by, or ``None``.
        left_out: By target: why there are no scores.
        alike: Targets that are nearly the same as the emotion here, so that clusters that follow
            the one follow the other: where each clip shows one emotion, say.
    """

    scores: dict[str, dict[str, Score]]
    contingency: dict[str, pl.DataFrame]
    counted: dict[str, int]
    group_levels: dict[str, str | None]
    left_out: dict[str, str]
    alike: list[str]


def evaluate(
    clusters: Clusters, samples: pl.DataFrame, *, against: Sequence[str] | None, seed: int
) -> Evaluation:
    """Compare clusters with the emotion, the film and so on.

    Args:
        clusters: int64 ``(n,)``, -1 for noise.
        samples: The ``n`` rows of :meth:`Version.samples`.
        against: Names in ``targets.COLUMNS``; ``None`` for the usual ones that are there.
        seed: Of the intervals and of chance.

    Raises:
        BadInputError: A target that was asked for cannot be compared with.
    """
    targets, left_out = choose_targets(samples, against)
    parts = {name: clusters[target.known] for name, target in targets.items()}
    return Evaluation(
        scores={
            name: score_labels(target.labels, parts[name], seed, groups=target.groups)
            for name, target in targets.items()
        },
        contingency={
            name: contingency(target.labels, parts[name]) for name, target in targets.items()
        },
        counted={name: len(target.labels) for name, target in targets.items()},
        group_levels={name: target.level for name, target in targets.items()},
        left_out=left_out,
        alike=[name for name in targets if _is_alike(targets, name, samples)],
    )


def _is_alike(targets: dict[str, Target], name: str, samples: pl.DataFrame) -> bool:
    """Whether a target agrees with the emotion so well that they cannot be told apart."""
    if name == EMOTION or EMOTION not in targets:
        return False
    both = pl.DataFrame([values_of(samples, EMOTION), values_of(samples, name)]).drop_nulls()
    if not both.height:
        return False
    rows, cols = (column.rank("dense").cast(pl.Int64).to_numpy() - 1 for column in both)
    return bool(measure(Crosstab.count(rows, cols))["ami"][0] >= _ALIKE)
