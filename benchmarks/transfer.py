"""SqueezeNet from ImageNet's weights beside the same network from random ones, on a fifth of FER.

    python benchmarks/transfer.py [--seeds 3] [--json benchmarks/results/transfer.json]

Two stages as ``cinemotion train --model transfer:squeezenet`` has them, the weights from a file;
measured on FER2013's validation part.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from ablation import version
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.training.train import load_train_recipe, train
from common import ROOT, print_table, shared, write_json

FILE = "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
SETTINGS: dict[str, Any] = {
    "model": "transfer:squeezenet",
    "size": 64,
    "policy": "light",
    "batch_size": 64,
    "frozen_epochs": 3,
    "optimiser.learning_rate": 1e-3,
    "optimiser.average": 0.99,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ablation")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    validation = shared() / "fer" / "validation.parquet"
    result: dict[str, Any] = {}
    for name, weights in (("ImageNet", str(shared() / "weights" / FILE)), ("random", "none")):
        found: dict[str, list[float]] = {}
        for seed in range(arguments.seeds):
            settings = SETTINGS | {"weights": weights, "seed": seed, "epochs": arguments.epochs}
            if weights == "none":  # there is nothing in it that should be spared
                settings |= {"frozen_epochs": 0, "thawed_rate": 1.0}
            out = arguments.work / f"squeezenet-{name}-{seed}"
            train(
                version(arguments.work, clean=True),
                out,
                load_train_recipe(None, settings),
                away_from=[validation],
                share=arguments.share,
            )
            report, _, _ = evaluate(out, str(validation), robustness=False)
            for labels, row in report.sets.items():
                found.setdefault(labels, []).append(row["measures"]["accuracy"]["value"])
            print(name, seed, {labels: values[-1] for labels, values in found.items()})
        result[name] = found
    rows = [
        [name, labels, float(np.mean(values)), float(np.std(values, ddof=1)), *values]
        for name, found in result.items()
        for labels, values in found.items()
    ]
    print_table(["weights", "labels", "accuracy", "sd", *map(str, range(arguments.seeds))], rows)
    write_json(arguments.json, "transfer", result)


if __name__ == "__main__":
    main()
