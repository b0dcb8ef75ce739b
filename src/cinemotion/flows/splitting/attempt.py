"""A split of a dataset at one level, before it is decided which level it will be.

attempt = attempt_split(state, plan, "film")
attempt.miss             # 0.02: no ratio is missed by more than this
attempt.table()          # id, key, split, reason: what is written
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from cinemotion.curate.forest import Rows
from cinemotion.curate.neighbours import Nearness
from cinemotion.curate.splits import FREE, Solution, split_groups
from cinemotion.dataset.assignment import BRIDGES
from cinemotion.flows.splitting.bridges import keep_sides
from cinemotion.flows.splitting.state import State
from cinemotion.flows.splitting.ties import (
    Grouping,
    all_twins,
    among,
    find_copies,
    group_by_level,
    joined,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for.

    Attributes:
        sides: Their names.
        ratios: A number per side.
        folds: How many folds, or ``None``.
        seed: Of choices among equals.
        near: When two pictures are near twins.
    """

    sides: tuple[str, ...]
    ratios: tuple[float, ...]
    folds: int | None
    seed: int
    near: Nearness

    def settings(self, level: str | None) -> dict[str, Any]:
        """What is recorded of a split: how it was made, and no figure that labels would change."""
        ratios = None if self.folds else [int(r) if r == int(r) else r for r in self.ratios]
        near = dataclasses.asdict(self.near)
        return {
            "level": level,
            "ratios": ratios,
            "folds": self.folds,
            "seed": self.seed,
            "near": near,
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """A split at one level. ``n`` samples of the state, ``g`` groups of those that get a side.

    Attributes:
        state: What it started from.
        plan: What was asked for.
        level: The level, or ``None``: every sample by itself.
        own: The groups of the level alone.
        whole: The groups after twins were tied together.
        rows: int64 ``(m,)``, the samples that get a side.
        at: int64 ``(m,)``, the group of each of them.
        fixed: int64 ``(g,)``, sides that stand, or FREE.
        bridges: The samples that get none, as twins of two sides.
        solution: The side of every group.
    """

    state: State
    plan: Plan
    level: str | None
    own: Grouping
    whole: Grouping
    rows: Rows
    at: Rows
    fixed: Rows
    bridges: Rows
    solution: Solution

    @property
    def miss(self) -> float:
        """How far off the ratios: the cost, or the worst side's gap in all samples if larger."""
        return max(self.solution.cost, float(np.abs(self.solution.gaps[:, 0]).max()))

    def table(self) -> pl.DataFrame:
        """A row per kept sample: ``id``, ``key``, ``split``, ``reason``."""
        keyed = self.state.samples.select("id").with_columns(key=self.whole.keys())
        sides = pl.Series(self.plan.sides, dtype=pl.String)
        placed = keyed[self.rows].with_columns(
            split=sides.gather(self.solution.assignment[self.at]),
            reason=pl.lit(None, pl.String),
        )
        bridging = keyed[self.bridges].with_columns(
            split=pl.lit(None, pl.String), reason=pl.lit(BRIDGES)
        )
        return pl.concat([placed, bridging])


def attempt_split(state: State, plan: Plan, level: str | None) -> Attempt:
    """Group, keep what stands, and place the rest.

    Raises:
        SidesConflictError: The earlier split has a group of this level on two sides.
    """
    own = group_by_level(state.samples, level)
    copies = (
        (state.heirs[0][:0], state.heirs[1][:0])
        if level is None
        else find_copies(state.samples, own.names, state.shown, level)
    )
    kept = keep_sides(
        own,
        joined(state.twins, state.heirs),
        state.old,
        lambda rows: joined(all_twins(state.samples, plan.near, rows), among(state.heirs, rows)),
        copies,
    )
    whole = Grouping(kept.group, own.names)
    present = state.samples["kept"].to_numpy()
    rows = np.flatnonzero(present & ~kept.bridges)
    firsts, at = np.unique(kept.group[rows], return_inverse=True)
    solution = split_groups(
        _counts(state, rows, at, len(firsts)),
        np.bincount(at, minlength=len(firsts)),
        plan.ratios,
        keys=whole.keys()[firsts].to_list(),
        fixed=kept.side[firsts],
        seed=plan.seed,
    )
    return Attempt(
        state=state,
        plan=plan,
        level=level,
        own=own,
        whole=whole,
        rows=rows,
        at=at,
        fixed=kept.side[firsts],
        bridges=np.flatnonzero(present & kept.bridges),
        solution=solution,
    )


def _counts(state: State, rows: Rows, at: Rows, groups: int) -> Rows:
    """Samples of each class in every group, int64 ``(g, c)``."""
    counts = np.zeros((groups, len(state.classes)), np.int64)
    numbers = {name: number for number, name in enumerate(state.classes)}
    labels = state.samples["label"].gather(rows)
    column = labels.replace_strict(numbers, default=FREE, return_dtype=pl.Int64).to_numpy()
    np.add.at(counts, (at[column != FREE], column[column != FREE]), 1)
    return counts
