"""What features cost: time of a picture, alone and in a batch, and memory as datasets grow.

    python benchmarks/features.py [--json OUT]

Each extractor without a model, on drawn pictures of 224 × 224: milliseconds one by one, and 64 at
a time. Then ``cinemotion features`` on drawn datasets of 48 × 48, each in a process of its own:
time and peak memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cinemotion.core.hashing import hash_json
from cinemotion.core.types import Image
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.flows.clustering.features import extract
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.features import open_extractor
from common import print_table, write_json

SPECS = ("pixels", "lbp", "hog", "classic")
BATCH = 64
SIZES = (2_000, 16_000)


def draw(count: int, side: int) -> list[Image]:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, side // 8, side // 8, 3), np.uint8)
    return [np.kron(picture, np.ones((8, 8, 1), np.uint8)) for picture in coarse]


def seconds(work: Any, repeats: int = 5) -> float:
    """The best of some runs, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def cost(spec: str) -> dict[str, Any]:
    extractor = open_extractor(spec)
    images = draw(BATCH, 224)
    alone = seconds(lambda: [extractor([image]) for image in images])
    together = seconds(lambda: extractor(images))
    return {
        "features": spec,
        "numbers": extractor.dimensions,
        "alone_ms": 1000 * alone / BATCH,
        "together_ms": 1000 * together / BATCH,
    }


def make_dataset(path: Path, count: int) -> None:
    """A frozen version of so many pictures without labels."""
    store = Store.create(path)
    ids = [hash_json(["drawn", i]) for i in range(count)]
    for at in range(0, count, 1000):
        part = ids[at : at + 1000]
        shape = {"source": "drawn", "width": 48, "height": 48}
        place = [
            shape | {"id": id, "member": id, "image": encode_image(image, "png")}
            for id, image in zip(part, noise(at, len(part)), strict=True)
        ]
        store.append("stills", pa.Table.from_pylist(place, TABLES["stills"]))
        facts = [{"id": id, "status": "kept"} for id in part]
        store.append("facts", pa.Table.from_pylist(facts, TABLES["facts"]))
    source = [{"name": "drawn", "kind": "folder"}]
    store.append("sources", pa.Table.from_pylist(source, TABLES["sources"]))
    sides = pl.DataFrame({"id": ids, "key": ids, "split": "train", "reason": None})
    near = {"phash": 0, "dhash": 0, "min_deviation": 6.0}
    write_assignment(store, sides, {"level": None, "near": near})
    freeze(path, tag="v1", classes=["happy"])


def noise(seed: int, count: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48, 3), np.uint8)


def run(count: int, spec: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dataset"
        make_dataset(path, count)
        command = [sys.executable, __file__, "--inner", f"{path}@v1", spec]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    took, peak = map(float, done.stdout.split())
    return {
        "features": spec,
        "pictures": count,
        "seconds": took,
        "pictures_a_second": count / took,
        "peak_mb": peak,
    }


def inner(reference: str, spec: str) -> None:
    start = time.perf_counter()
    extract(reference, spec)
    took = time.perf_counter() - start
    # Not getrusage: its peak begins with that of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    print(took, int(peak) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inner", nargs=2)
    options = parser.parse_args()
    if options.inner:
        inner(*options.inner)
        return
    costs = [cost(spec) for spec in SPECS]
    show(costs)
    runs = [run(count, "hog") for count in SIZES]
    show(runs)
    write_json(options.json, "features", {"costs": costs, "runs": runs})


def show(rows: list[dict[str, Any]]) -> None:
    print_table(list(rows[0]), [list(row.values()) for row in rows])


if __name__ == "__main__":
    main()
