"""What augmentation, soft labels, twins removed and a teacher each bring.

    python benchmarks/ablation.py [--seeds 3] [--json benchmarks/results/ablation.json]

``mini`` on a fifth of FER2013's training pictures, measured on the validation part against the
labels of FER2013 and the majority of FER+. Everything but the one thing is the same. Runs are kept
in ``--work``: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import read_tags
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.splitting.split import split
from cinemotion.flows.training.train import load_train_recipe, train
from cinemotion.flows.versions.freeze import freeze
from common import ROOT, print_table, shared, write_json

FER2013_WEIGHT = 6.5
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
MEASURES = ("accuracy", "macro_f1", "ece")


def version(work: Path, *, clean: bool) -> str:
    """The training pictures as a frozen version, with or without their twins."""
    path = work / ("clean" if clean else "twins")
    if not (path.exists() and "v1" in read_tags(path)):
        import_dataset(shared() / "fer" / "train.parquet", path)
        dataset = open_dataset(path)
        if clean:
            dedup(dataset)
        split(dataset, ratios=(92, 8))
        freeze(path, tag="v1", weights={"fer2013": FER2013_WEIGHT})
    return f"{path}@v1"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ablation")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    validation = shared() / "fer" / "validation.parquet"
    result: dict[str, Any] = {}
    for name, (changes, clean) in CASES.items():
        found: dict[str, dict[str, list[float]]] = {}
        for seed in range(arguments.seeds):
            settings = BASE | changes | {"seed": seed, "epochs": arguments.epochs}
            out = arguments.work / f"{name.replace(' ', '-')}-{seed}"
            train(
                version(arguments.work, clean=clean),
                out,
                load_train_recipe(None, settings),
                away_from=[validation] if clean else (),
                share=arguments.share,
            )
            report, _, _ = evaluate(out, str(validation), robustness=False)
            for labels, row in report.sets.items():
                for measure in MEASURES:
                    of = found.setdefault(labels, {}).setdefault(measure, [])
                    of.append(row["measures"][measure]["value"])
            print(name, seed, {labels: row["accuracy"][-1] for labels, row in found.items()})
        result[name] = {
            labels: {
                measure: {
                    "mean": float(np.mean(values)),
                    "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                    "values": values,
                }
                for measure, values in row.items()
            }
            for labels, row in found.items()
        }
    head = ["case", "labels", "accuracy", "sd", "macro-F1", "ECE"]
    rows = []
    for name, sets in result.items():
        for labels, row in sets.items():
            mean = {measure: row[measure]["mean"] for measure in MEASURES}
            sd = row["accuracy"]["sd"]
            rows.append([name, labels, mean["accuracy"], sd or 0.0, mean["macro_f1"], mean["ece"]])
    print_table(head, rows)
    write_json(arguments.json, "ablation", result)


if __name__ == "__main__":
    main()
