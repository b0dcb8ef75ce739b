"""What augmentation, soft labels, twins removed and a teacher each bring.

    python benchmarks/ablation.py [--seeds 3] [--json benchmarks/results/ablation.json]

``mini`` on a fifth of FER2013's training pictures, measured on the validation part against the
labels of FER2013 and the majority of FER+. Everything but the one thing is the same. Runs are kept
in ``--work``: the same command goes on where it was stopped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from common import print_table, write_json
from fifth import MEASURES, Figures, Measured, described, measured, read_arguments

BASE: dict[str, Any] = {
    "model": "mini",
    "policy": "film",
    "labels": "soft",
    "batch_size": 64,
    "optimiser.learning_rate": 3e-3,
    "optimiser.average": 0.99,
}
# What is changed, and whether twins are left out.
CASES: dict[str, tuple[dict[str, Any], bool]] = {
    "all of it": ({}, True),
    "without augmentation": ({"policy": "none"}, True),
    "hard labels": ({"labels": "hard"}, True),
    "twins kept": ({}, False),
    "with compact-v1 as teacher": ({"teacher": "compact-v1"}, True),
}


def summary(runs: list[Figures]) -> dict[str, Any]:
    """Mean, deviation and values over seeds, by set of labels and measure."""
    out: dict[str, Any] = {}
    for labels in runs[0]:
        for measure in MEASURES:
            values = [run[labels][measure] for run in runs]
            out.setdefault(labels, {})[measure] = {
                "mean": float(np.mean(values)),
                "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "values": values,
            }
    return out


def main() -> None:
    """Measure and print."""
    arguments = read_arguments(__doc__, epochs=12)
    result: dict[str, Any] = {}
    first: dict[str, Measured] = {}
    for name, (changes, clean) in CASES.items():
        seeds = range(arguments.seeds)
        runs = [
            measured(name, BASE | changes | {"seed": seed}, arguments, clean=clean)
            for seed in seeds
        ]
        first[name] = runs[0]
        result[name] = summary([run.figures for run in runs])
    rows = []
    for name, sets in result.items():
        for labels, row in sets.items():
            mean = {measure: row[measure]["mean"] for measure in MEASURES}
            sd = row["accuracy"]["sd"]
            rows.append([name, labels, mean["accuracy"], sd or 0.0, mean["macro_f1"], mean["ece"]])
    print_table(["case", "labels", "accuracy", "sd", "macro-F1", "ECE"], rows)
    result["run"] = described(BASE, arguments, first)
    write_json(arguments.json, "ablation", result)


if __name__ == "__main__":
    main()
