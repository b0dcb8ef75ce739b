"""What came of a split: by which groups, how near to the ratios, and what to look at.

report = split(dataset)
report.level, report.deviation, report.bound
report.columns[0]          # {"class": None, "total": 900, "sides": {"train": {"got": 630, …
report.as_json()
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from cinemotion.curate.forest import Rows
from cinemotion.curate.splits import FREE
from cinemotion.flows.splitting.attempt import Attempt

# A group that twins tied together out of several is worth a look if it holds this share.
LARGE = 0.1


@dataclass(frozen=True, slots=True)
class SplitReport:
    """A split, in figures. Shares lie in [0, 1].

    Attributes:
        level: The level that no side shares, or ``None`` where the dataset knows none.
        refused: Levels that ``auto`` did not take: ``level`` and ``why``.
        sides: Their names.
        ratios: The share that each side should have.
        seed: Of choices among equals.
        samples: How many have a side.
        without: How many of them do not know the level, and go by a finer one.
        groups: How many groups there are in the end.
        tied: How many groups of the level were made one with others by twins.
        largest: The largest group: ``key``, ``samples``, ``share``.
        columns: All samples (``class`` is null), then each class: ``total``; ``groups`` that
            hold it; ``deviation``, the share on a wrong side; ``sides`` by name, each with
            ``got``, ``wanted`` (samples) and ``gap`` (share got less share wanted).
        deviation: The mean of the columns' deviations: what was minimised.
        bound: No split of these groups has a smaller one.
        optimal: Whether the two are as good as equal.
        method: ``search`` or ``milp``.
        stayed: How many groups have a side from the earlier split.
        placed: How many groups were placed now.
        moved: How many samples changed sides since the earlier split.
        bridged: Ids of samples rejected as twins of two sides.
        warnings: What to look at, in sentences.
    """

    level: str | None
    refused: list[dict[str, str]]
    sides: list[str]
    ratios: list[float]
    seed: int
    samples: int
    without: int
    groups: int
    tied: int
    largest: dict[str, Any]
    columns: list[dict[str, Any]]
    deviation: float
    bound: float
    optimal: bool
    method: str
    stayed: int
    placed: int
    moved: int
    bridged: list[str]
    warnings: list[str]

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        return dataclasses.asdict(self)


def make_report(
    attempt: Attempt, refused: list[dict[str, str]], tolerance: float | None
) -> SplitReport:
    """Put a split in figures.

    Args:
        attempt: The split.
        refused: Levels that were tried beside it, and why they were not taken.
        tolerance: How far off the ratios it may be, where the level was chosen for that.
    """
    solution, samples = attempt.solution, attempt.state.samples
    warnings = [*_about_groups(attempt), *_about_twins(attempt), *_about_sides(attempt)]
    if tolerance is not None and attempt.miss > tolerance:
        why = "no level stays within the tolerance; more films or clips would help"
        if attempt.state.earlier is not None:
            why = "old groups keep their level and their sides; --rebalance may come nearer"
        warnings.append(
            f"the ratios are missed by {attempt.miss:.3f}, more than {tolerance:g}: {why}"
        )
    without = 0 if attempt.level is None else samples[attempt.rows][attempt.level].null_count()
    return SplitReport(
        level=attempt.level,
        refused=refused,
        sides=list(attempt.plan.sides),
        ratios=_shares(attempt),
        seed=attempt.plan.seed,
        samples=len(attempt.rows),
        without=without,
        groups=len(attempt.fixed),
        tied=_tied(attempt),
        largest=_largest(attempt),
        columns=[_column(attempt, number) for number in range(1 + len(attempt.state.classes))],
        deviation=solution.cost,
        bound=solution.bound,
        optimal=solution.optimal,
        method=solution.method,
        stayed=int((attempt.fixed != FREE).sum()),
        placed=int((attempt.fixed == FREE).sum()),
        moved=_moved(attempt),
        bridged=samples["id"].gather(attempt.bridges).to_list(),
        warnings=warnings,
    )


def _shares(attempt: Attempt) -> list[float]:
    return [ratio / sum(attempt.plan.ratios) for ratio in attempt.plan.ratios]


def _column(attempt: Attempt, number: int) -> dict[str, Any]:
    """All samples (column 0) or a class: how many on each side, and how many there should be."""
    solution = attempt.solution
    sides = {
        side: {
            "got": int(solution.got[i, number]),
            "wanted": float(solution.wanted[i, number]),
            "gap": float(solution.gaps[i, number]),
        }
        for i, side in enumerate(attempt.plan.sides)
    }
    return {
        "class": attempt.state.classes[number - 1] if number else None,
        "total": int(solution.got[:, number].sum()),
        "groups": int(solution.holders[number - 1]) if number else len(attempt.fixed),
        "deviation": float(solution.deviation[number]),
        "sides": sides,
    }


def _parts(attempt: Attempt) -> Rows:
    """int64 ``(g,)``: how many groups of the level are in each group."""
    pairs = np.unique(np.stack([attempt.at, attempt.own.group[attempt.rows]]), axis=1)
    return np.bincount(pairs[0], minlength=len(attempt.fixed))


def _tied(attempt: Attempt) -> int:
    parts = _parts(attempt)
    return int(parts[parts > 1].sum())


def _largest(attempt: Attempt) -> dict[str, Any]:
    if not len(attempt.rows):
        return {"key": None, "samples": 0, "share": 0.0}
    sizes = np.bincount(attempt.at)
    group = int(np.argmax(sizes))
    row = attempt.rows[np.argmax(attempt.at == group)]
    key = attempt.whole.keys()[int(row)]
    share = float(sizes[group] / len(attempt.rows))
    return {"key": key, "samples": int(sizes[group]), "share": share}


def _moved(attempt: Attempt) -> int:
    was = attempt.state.samples["was"].gather(attempt.rows)
    now = np.array(attempt.plan.sides)[attempt.solution.assignment[attempt.at]]
    return sum(a is not None and a != b for a, b in zip(was, now.tolist(), strict=True))


def _about_groups(attempt: Attempt) -> list[str]:
    level, state = attempt.level, attempt.state
    said = []
    if level is None:
        said.append(
            "the dataset knows no film, scene, character, shot or track: only twins are kept "
            "together; import with a group pattern where pictures are frames of films"
        )
    elif missing := state.samples[attempt.rows][level].null_count():
        some = "no sample has" if missing == len(attempt.rows) else f"{missing} samples lack"
        said.append(f"{some} a {level}: there the next finer level counts, or the sample alone")
    if not state.classes:
        said.append("no sample has a class yet: only the number of samples is balanced")
    return said


def _about_twins(attempt: Attempt) -> list[str]:
    said = []
    sizes, parts = np.bincount(attempt.at, minlength=len(attempt.fixed)), _parts(attempt)
    large = (parts > 1) & (sizes > LARGE * len(attempt.rows))
    if large.any():
        cure = (
            "stock shots or logos may be what they share"
            if attempt.state.compared
            else "the dataset was never de-duplicated: run cinemotion dedup first"
        )
        share = sizes[large].max() / len(attempt.rows)
        said.append(f"twins tie {parts[large].max()} groups into one of {share:.0%}; {cure}")
    if attempt.state.uncovered:
        late = attempt.state.uncovered
        said.append(f"{late} samples came in after the last cinemotion dedup; run it again")
    if len(attempt.bridges):
        said.append(
            f"{len(attempt.bridges)} new samples are twins of two sides and were rejected "
            "(bridges_splits)"
        )
    return said


def _about_sides(attempt: Attempt) -> list[str]:
    solution, plan, earlier = attempt.solution, attempt.plan, attempt.state.earlier
    said = []
    wanted = [side for side, ratio in zip(plan.sides, plan.ratios, strict=True) if ratio]
    thin = [
        name
        for name, groups in zip(attempt.state.classes, solution.holders, strict=True)
        if groups < len(wanted)
    ]
    if thin:
        said.append(f"fewer groups than sides hold {', '.join(thin)}: some side goes without")
    empty = [side for side, got in zip(plan.sides, solution.got[:, 0], strict=True) if not got]
    if lacking := [side for side in empty if side in wanted]:
        said.append(f"too few groups for all sides: {', '.join(lacking)} is empty")
    if earlier is not None and earlier != plan.settings(attempt.level):
        said.append(
            "the settings differ from those of the earlier split, whose groups keep their sides; "
            "--rebalance places every group anew"
        )
    return said
