"""What each step towards a fast network in NumPy brings: `classic` with one of them left out.

    python benchmarks/convolution.py [--json OUT]

All variants take turns on the same 512 × 512 picture, in one process.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.numpynet import classic, memory, net, threads
from cinemotion.numpynet.layers import convolution
from common import print_table, write_json

SIDE, ROUNDS = 512, 30

LEFT_OUT: dict[str, tuple[Any, str, Any]] = {
    "nothing": (memory, "_LARGE", memory._LARGE),
    "four windows taken as one (bands, strips)": (convolution, "block_size", lambda *_: 1),
    "buffers that are used again": (memory, "_LARGE", 1 << 60),
    "threads of our own": (threads, "_WORTH_IT", 1 << 60),
    "ReLU after max pooling": (net, "_cheapest", list),
}


@contextmanager
def without(step: str) -> Iterator[None]:
    """The network as it would be without a step."""
    module, name, value = LEFT_OUT[step]
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    network = classic()
    picture = np.random.default_rng(0).random((1, SIDE, SIDE, 3), dtype=np.float32)
    times: dict[str, list[float]] = {step: [] for step in LEFT_OUT}
    for _ in range(ROUNDS):
        for step, found in times.items():
            with without(step):
                network.forward(picture)
                found.append(min(milliseconds(lambda: network.forward(picture)) for _ in range(3)))
    whole = statistics.median(times["nothing"])
    rows = [
        {"left out": step, "ms": statistics.median(each), "times": statistics.median(each) / whole}
        for step, each in times.items()
    ]
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    write_json(given.json, "convolution", {"rows": rows})


if __name__ == "__main__":
    main()
