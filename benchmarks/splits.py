"""How near splits come to 70/20/10, against the optimum or a bound on it, on random tables.

    python benchmarks/splits.py [--tables 200] [--json benchmarks/results/splits.json]

A table says how many samples of each class every group holds. Groups are as uneven as films
are: sizes are log-normal, classes come in clumps. Up to ten groups, the optimum is found by
trying every split; beyond, the figure to compare with is the bound that our solver proves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.search import place_greedily
from cinemotion.curate.splits import FREE, pose, split_groups
from common import print_table, write_json

RATIOS = (70, 20, 10)
SIZES = ((4, 10), (11, 30), (31, 100), (101, 400), (401, 3000))

Counts = NDArray[np.int64]


def random_table(random: np.random.Generator, groups: int) -> tuple[Counts, Counts]:
    """Counts ``(g, c)`` of classes, and sizes ``(g,)`` with some samples without a class."""
    classes = int(random.integers(2, 9))
    spread = random.uniform(0.2, 1.3)
    labelled = 1 + random.lognormal(random.uniform(1, 4), spread, groups).astype(int)
    mean = random.dirichlet(np.ones(classes))
    clumps = random.choice([0.5, 2.0, 20.0])
    shares = [random.dirichlet(clumps * mean + 1e-3) for _ in range(groups)]
    counts = np.array([random.multinomial(n, p) for n, p in zip(labelled, shares, strict=True)])
    return counts, labelled + random.binomial(labelled, random.choice([0.0, 0.3]))


def optimum(counts: Counts, sizes: Counts) -> float:
    """The least cost of any split, by trying all of them; each side gets a group."""
    rows = np.column_stack([sizes, counts]).astype(float)
    rows = rows[:, rows.sum(axis=0) > 0]
    rows /= rows.sum(axis=0)
    splits = np.array(list(product(range(len(RATIOS)), repeat=len(rows))), np.int8)
    splits = splits[np.all([(splits == side).any(axis=1) for side in range(3)], axis=0)]
    cost = sum(
        np.abs((splits == side) @ rows - ratio / sum(RATIOS)).sum(axis=1)
        for side, ratio in enumerate(RATIOS)
    )
    return float(np.min(cost)) / 2 / rows.shape[1]


def measure(seed: int, groups: int) -> dict[str, Any]:
    """One table: the deviation of greedy choice, of our split, and the figure to compare with."""
    counts, sizes = random_table(np.random.default_rng(seed), groups)
    keys = [f"group {i}" for i in range(groups)]
    since = time.perf_counter()
    solution = split_groups(counts, sizes, RATIOS, keys=keys)
    seconds = time.perf_counter() - since
    rows = np.column_stack([sizes, counts])
    problem, _ = pose(rows, np.full(groups, FREE), RATIOS, 0)
    exact = groups <= SIZES[0][1]
    best = optimum(counts, sizes) if exact else solution.bound
    if best > solution.cost + 1e-9 or solution.bound > best + 1e-4 + 1e-9:
        raise AssertionError(f"table {seed}: {solution.bound} <= {best} <= {solution.cost} fails")
    return {
        "groups": groups,
        "classes": counts.shape[1],
        "greedy": problem.cost(place_greedily(problem)),
        "deviation": solution.cost,
        "compared_with": "optimum" if exact else "bound",
        "best": best,
        "optimal": solution.optimal,
        "method": solution.method,
        "seconds": seconds,
    }


def summary(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tables of one order of size together, and all of them."""
    parts = [(f"{low}-{high}", low, high) for low, high in SIZES]
    lines = []
    for name, low, high in [*parts, ("all", SIZES[0][0], SIZES[-1][1])]:
        part = [row for row in rows if low <= row["groups"] <= high]
        if not part:
            continue
        over = [row["deviation"] - row["best"] for row in part]
        lines.append(
            {
                "groups": name,
                "tables": len(part),
                "greedy": float(np.mean([row["greedy"] for row in part])),
                "ours": float(np.mean([row["deviation"] for row in part])),
                "optimum or bound": float(np.mean([row["best"] for row in part])),
                "over it, median": float(np.median(over)),
                "over it, worst": float(np.max(over)),
                "proved optimal": sum(row["optimal"] for row in part),
                "seconds, worst": max(row["seconds"] for row in part),
            }
        )
    return lines


def main() -> None:
    """Make the tables, split, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for seed in range(options.tables):
        low, high = SIZES[seed % len(SIZES)]
        groups = np.random.default_rng([seed, 1]).integers(low, high + 1)
        rows.append(measure(seed, int(groups)))
    lines = summary(rows)
    print("deviation: mean share of samples on a wrong side, over all samples and each class\n")
    print_table(list(lines[0]), [[_digits(value) for value in line.values()] for line in lines])
    write_json(options.json, "splits", {"summary": lines, "tables": rows})


def _digits(value: Any) -> Any:
    return f"{value:.5f}" if isinstance(value, float) else value


if __name__ == "__main__":
    main()
