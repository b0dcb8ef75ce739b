"""SqueezeNet from ImageNet's weights beside the same network from random ones, on a fifth of FER.

    python benchmarks/transfer.py [--seeds 3] [--json benchmarks/results/transfer.json]

Two stages as ``cinemotion train --model transfer:squeezenet`` has them, the weights from a file;
measured on FER2013's validation part. Runs are kept in ``--work``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from common import print_table, shared, write_json
from fifth import Measured, described, measured, read_arguments

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
# Of random weights there is nothing that should be spared.
RANDOM: dict[str, Any] = {"frozen_epochs": 0, "thawed_rate": 1.0}


def main() -> None:
    """Measure and print."""
    arguments = read_arguments(__doc__, epochs=12)
    result: dict[str, Any] = {}
    runs: dict[str, Measured] = {}
    for name, weights in (("ImageNet", str(shared() / "weights" / FILE)), ("random", "none")):
        found: dict[str, list[float]] = {}
        for seed in range(arguments.seeds):
            settings = SETTINGS | {"weights": weights, "seed": seed}
            if weights == "none":
                settings |= RANDOM
            runs[name] = measured(f"squeezenet-{name}", settings, arguments)
            for labels, row in runs[name].figures.items():
                found.setdefault(labels, []).append(row["accuracy"])
        result[name] = found
    rows = [
        [name, labels, float(np.mean(values)), float(np.std(values, ddof=1)), *values]
        for name, found in result.items()
        for labels, values in found.items()
    ]
    print_table(["weights", "labels", "accuracy", "sd", *map(str, range(arguments.seeds))], rows)
    result["run"] = described(SETTINGS, arguments, runs) | {"settings of random": RANDOM}
    write_json(arguments.json, "transfer", result)


if __name__ == "__main__":
    main()
