"""What clusters are compared with: the emotion, and where the samples come from.

    targets, left_out = choose_targets(samples, None)
    targets["film"].labels, targets["film"].known       # of the samples that have a film
    left_out["track"]                                   # "no sample has a track"

A clustering that agrees with the film better than with the emotion has found the film. Samples
of one film or clip are alike whatever they show, so intervals are also given by group: the
coarsest level that is known and has two groups or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.emotions import ANSWERS
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.levels import LEVELS

EMOTION = "emotion"
COLUMNS = {EMOTION: "label"} | {level: level for level in LEVELS}
"""The targets, and the columns of a version's samples that hold them."""

USUAL = (EMOTION, "film", "shot", "track")

# From coarse to fine. Characters walk through many shots and are no such level.
_GROUPS = ("film", "scene", "shot", "track")


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Something that clusters may have found.

    Attributes:
        known: bool ``(n,)``: which samples have it; only they count.
        labels: Theirs.
        level: What intervals by group go by, ``None`` where nothing is known.
        groups: The group of each of them, or ``None``.
    """

    known: NDArray[np.bool_]
    labels: list[str]
    level: str | None
    groups: list[str] | None


def choose_targets(
    samples: pl.DataFrame, asked: Sequence[str] | None
) -> tuple[dict[str, Target], dict[str, str]]:
    """The targets that samples can be compared with.

    Args:
        samples: Rows of :meth:`Version.samples`.
        asked: Names in :data:`COLUMNS`; ``None`` for those of :data:`USUAL` that are there.

    Returns:
        The targets by name, and why others are left out.

    Raises:
        BadInputError: No such target, or one that was asked for cannot be compared with.
    """
    unknown = [name for name in asked or () if name not in COLUMNS]
    if unknown:
        raise BadInputError(
            f"clusters cannot be compared with {unknown[0]!r}; choose of: {', '.join(COLUMNS)}"
        )
    targets, left_out = {}, {}
    for name in USUAL if asked is None else asked:
        why = _unusable(values_of(samples, name), name)
        if why is None:
            targets[name] = _target(samples, name)
        elif asked is None:
            left_out[name] = why
        else:
            raise BadInputError(
                f"clusters cannot be compared with the {name}: {why}; compare with another one "
                "(--against), or label samples and freeze a version first"
            )
    return targets, left_out


def values_of(samples: pl.DataFrame, name: str) -> pl.Series:
    """The values of a target, null where there is none; "unknown" and "not a face" are none."""
    values = samples[COLUMNS[name]]
    if name != EMOTION:
        return values
    answered = pl.col(values.name).is_in(ANSWERS)
    return samples.select(pl.when(~answered).then(values.name))[values.name]


def _unusable(values: pl.Series, name: str) -> str | None:
    known = values.drop_nulls()
    different = known.n_unique()
    if not len(known):
        return f"no sample has a{'n' if name == EMOTION else ''} {name}"
    if different == 1:
        return f"all {len(known)} samples that have a value have the same one"
    if different == len(known):
        return "every sample has one of its own"
    return None


def _target(samples: pl.DataFrame, name: str) -> Target:
    values = values_of(samples, name)
    known = values.is_not_null()
    part = samples.filter(known)
    level = _level(part)
    # Drawing films says nothing about how well clusters agree with films: each is there or not.
    groups = None
    if level is not None and level != name:
        groups = part.select(_key(level))["key"].to_list()
    return Target(
        known=known.to_numpy(),
        labels=values.drop_nulls().to_list(),
        level=None if groups is None else level,
        groups=groups,
    )


def _level(samples: pl.DataFrame) -> str | None:
    """The coarsest level that some sample has and that makes two groups or more."""
    for level in _GROUPS:
        if samples[level].is_not_null().any() and samples.select(_key(level))["key"].n_unique() > 1:
            return level
    return None


def _key(level: str) -> pl.Expr:
    """The group at a level; a sample without it goes by a finer one, or by itself."""
    finer = _GROUPS[_GROUPS.index(level) :]
    return pl.coalesce(*finer, "id").alias("key")
