"""Split a dataset into sides, so that no group and no twin is on two of them.

    report = split(open_dataset("dataset"), ratios=(70, 20, 10), group="auto")
    report.level                    # "film": the coarsest that allows the ratios
    report.deviation, report.bound  # how near to the ratios, and how near any split can come

    split(dataset, folds=5)         # fold0 … fold4 in place of train, val, test

Groups come from what the dataset knows (``flows/splitting/ties.py``); where an earlier split is
there, it stands (``flows/splitting/bridges.py``); the rest is placed around it
(``curate/splits.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Literal

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.deduplication import dedup_settings
from cinemotion.dataset.levels import LEVELS
from cinemotion.flows.curating.fingerprints import Progress, ensure_fingerprints
from cinemotion.flows.splitting.attempt import Attempt, Plan, attempt_split
from cinemotion.flows.splitting.bridges import SidesConflictError
from cinemotion.flows.splitting.report import SplitReport, make_report
from cinemotion.flows.splitting.state import State, read_state
from cinemotion.flows.splitting.ties import known_levels

Group = Literal["film", "scene", "character", "shot", "track", "auto"]
SIDES = ("train", "val", "test")
TOLERANCE = 0.05


def split(
    dataset: Dataset,
    *,
    ratios: Sequence[float] = (70, 20, 10),
    group: Group = "auto",
    folds: int | None = None,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    near: Nearness | None = None,
    rebalance: bool = False,
    annotators: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> SplitReport:
    """Give every kept sample a side, and write that into the dataset.

    Args:
        dataset: The dataset.
        ratios: Percent of train, val and test, adding up to 100; a missing one is 0.
        group: What must stay together, or ``auto``: the coarsest level that allows the ratios.
        folds: Split into so many equal folds instead.
        seed: At least 0; another one makes other choices among equals.
        tolerance: ``auto`` takes a level if the deviation, and the gap of every side in all
            samples, are at most this share.
        near: When two pictures are near twins; without it, as the last ``dedup`` had it.
        rebalance: Place everything anew in place of keeping the sides of the earlier split.
        annotators: Whose votes count for the balance; without it, everybody's.
        progress: Told about fingerprints that have to be computed first.

    Raises:
        BadInputError: The ratios, folds, level, seed or tolerance cannot be used.
        DatasetError: No sample is kept, or the earlier split cannot be kept.
    """
    plan = _plan(ratios, folds, seed, near or _near_of_dedup(dataset))
    if group not in (*LEVELS, "auto"):
        raise BadInputError(f"unknown group {group!r}; choose one of: {', '.join(LEVELS)}, auto")
    if not 0 <= tolerance <= 1:
        raise BadInputError(f"the tolerance is a share from 0 to 1, got {tolerance}")
    ensure_fingerprints(dataset, progress)
    state = read_state(
        dataset, sides=plan.sides, near=plan.near, keep=not rebalance, annotators=annotators
    )
    folds_before = state.earlier and state.earlier.get("folds")
    if folds is not None and folds_before not in (None, folds):
        raise DatasetError(
            f"{dataset.path} is split into {folds_before} folds and not into {folds}; --rebalance "
            "places every group anew"
        )
    refused: list[dict[str, str]] = []
    if group == "auto":
        attempt, refused = _choose(state, plan, tolerance)
    else:
        _check_known(dataset, state, group)
        attempt = _insist(state, plan, group)
    write_assignment(dataset.store, attempt.table(), plan.settings(attempt.level))
    return make_report(attempt, refused, tolerance if group == "auto" else None)


def _near_of_dedup(dataset: Dataset) -> Nearness:
    """The limits that duplicates were found with; the usual ones where none were looked for."""
    settings = dedup_settings(dataset.store)
    if settings is None:
        return Nearness()
    return Nearness(**{field.name: settings[field.name] for field in fields(Nearness)})


def _plan(ratios: Sequence[float], folds: int | None, seed: int, near: Nearness) -> Plan:
    if seed < 0:
        raise BadInputError(f"the seed is a whole number of at least 0, got {seed}")
    if folds is not None:
        if folds < 2:
            raise BadInputError(f"cross-validation needs at least 2 folds, got {folds}")
        return Plan(tuple(f"fold{i}" for i in range(folds)), (1.0,) * folds, folds, seed, near)
    full = (*map(float, ratios), *(0.0,) * (len(SIDES) - len(ratios)))
    if len(full) != len(SIDES) or not (min(full) >= 0 and abs(sum(full) - 100) < 1e-6):
        given = "/".join(f"{ratio:g}" for ratio in ratios)
        raise BadInputError(
            f"ratios are the percent of train, val and test and add up to 100, as in 70/20/10 or "
            f"80/20; got {given}"
        )
    return Plan(SIDES, full, None, seed, near)


def _check_known(dataset: Dataset, state: State, level: str) -> None:
    """Refuse a level where each sample would stand alone, and frames of a shot be torn apart."""
    known = known_levels(state.samples)
    if not set(known) & set(LEVELS[LEVELS.index(level) :]):
        choice = f"{', '.join(known)}: choose one, or auto" if known else "none: leave --group out"
        raise DatasetError(
            f"no sample of {dataset.path} has a {level} that could be kept together; of the "
            f"levels, it knows {choice}"
        )


def _insist(state: State, plan: Plan, level: str | None) -> Attempt:
    try:
        return attempt_split(state, plan, level)
    except SidesConflictError as error:
        raise SidesConflictError(f"{error}; --rebalance places every group anew") from error


def _choose(state: State, plan: Plan, tolerance: float) -> tuple[Attempt, list[dict[str, str]]]:
    """The coarsest level that comes near enough to the ratios, and why not a coarser one.

    Where none does, the one that comes nearest. An earlier split keeps its level. Where the
    dataset knows no level at all, samples stand alone: never where it knows one, since then
    frames of one shot would be torn apart.
    """
    if state.earlier is not None and (level := state.earlier["level"]) is not None:
        return _insist(state, plan, level), []
    attempts: list[Attempt] = []
    refused: list[dict[str, str]] = []
    for name in known_levels(state.samples):
        try:
            attempt = attempt_split(state, plan, name)
        except SidesConflictError as error:
            refused.append({"level": name, "why": str(error)})
            continue
        if attempt.miss <= tolerance:
            return attempt, refused
        attempts.append(attempt)
        refused.append({"level": name, "why": _why(attempt, tolerance)})
    if attempts:
        best = min(attempts, key=lambda attempt: attempt.miss)
        return best, [entry for entry in refused if entry["level"] != best.level]
    if refused:
        raise SidesConflictError(f"{refused[-1]['why']}; --rebalance places every group anew")
    return _insist(state, plan, None), []


def _why(attempt: Attempt, tolerance: float) -> str:
    groups = len(attempt.fixed)
    return (
        f"{groups} {'group misses' if groups == 1 else 'groups miss'} the ratios by "
        f"{attempt.miss:.3f}, more than the tolerance of {tolerance:g}"
    )
