"""Loaders side by side, on the same class folder: images per second and memory.

    python benchmarks/loaders.py [--json FILE] [--keep FOLDER] [--rounds N]

Data: 6,000 FER pictures (48 px) and about 1,500 crops of the shared acted clips (224 px), each
as a frozen version and as its ``folders`` export. Loaders:

    plain            image_dataset_from_directory
    cache            the same with .cache(): the batches of the first epoch, again and again
    cache, shuffled  .cache() before shuffling and batching, so that epochs differ as ours do
    store, directory load_split, by both ways: every epoch mixes anew
    once             load_split that draws one order, as that of .cache() is, and may hold 1 GB

Consumers: ``iterate`` does nothing with a batch; ``read`` adds up its pixels, the least that a
model does; ``train`` makes an epoch of a small network. First epochs fill the caches. Later
epochs are timed in rounds, one loader after the other, and the median counts. Memory is that of a
process of its own: the peak of what it holds in a first and two later epochs, less what it held
before; files in the system's page cache do not count.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.hashing import hash_json
from cinemotion.dataset.assignment import write_assignment
from cinemotion.dataset.images import encode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import TABLES
from cinemotion.dataset.versions import Version, open_version
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.versions.export import export
from cinemotion.flows.versions.freeze import freeze
from common import print_table, shared, write_json

BATCH, SEED = 32, 1
SETS = {"fer": 48, "film": 224}
LOADERS = ("plain", "cache", "cache, shuffled", "store", "directory", "once")
CONSUMERS = ("iterate", "read", "train")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="keep the data sets here")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", nargs=2, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if options.memory:
        print(measure_memory(options.keep, *options.memory))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        results = [row for name in SETS for row in compare(folder, name, options.rounds)]
    columns = list(results[0])
    print_table(columns, [[row[column] for column in columns] for row in results])
    write_json(options.json, "loaders", results)


def compare(folder: Path, name: str, rounds: int) -> list[dict[str, Any]]:
    """Every loader on one data set."""
    version = prepare(folder, name)
    shutil.rmtree(version.path / "cache", ignore_errors=True)
    size = SETS[name]
    n = version.samples().height
    first, loaders = {}, {}
    consumers = {"iterate": iterate, "read": read, "train": trainer(size)}
    for kind in LOADERS:
        start = time.perf_counter()
        loaders[kind] = open_loader(kind, folder, name)
        iterate(loaders[kind])
        first[kind] = n / (time.perf_counter() - start)
    speeds: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for consumer in CONSUMERS:
            for kind in LOADERS:
                start = time.perf_counter()
                seen = consumers[consumer](loaders[kind])
                speed = seen / (time.perf_counter() - start)
                speeds.setdefault((kind, consumer), []).append(speed)
    later = {key: median(values) for key, values in speeds.items()}
    return [
        {
            "set": f"{name} {size} px, {n}",
            "loader": kind,
            "first": round(first[kind]),
            **{consumer: round(later[kind, consumer]) for consumer in CONSUMERS},
            **{
                f"{consumer} / {other}": round(later[kind, consumer] / later[other, consumer], 2)
                for consumer in CONSUMERS
                for other in ("plain", "cache", "cache, shuffled")
            },
            "memory MB": memory(folder, name, kind),
        }
        for kind in LOADERS
    ]


def open_loader(kind: str, folder: Path, name: str) -> Any:
    """One of the loaders, with the same pictures in batches of the same size."""
    import keras
    import tensorflow as tf

    from cinemotion.learn.loaders import load_split

    size = (SETS[name], SETS[name])
    if kind in ("store", "directory"):
        version = open_version(folder / name, "v1")
        return load_split(version, "train", size, BATCH, SEED, via=kind)  # type: ignore[arg-type]
    if kind == "once":
        version = open_version(folder / name, "v1")
        return load_split(version, "train", size, BATCH, SEED, shuffle="once", hold=2**30)

    def plain(**options: Any) -> Any:
        return keras.utils.image_dataset_from_directory(
            folder / f"{name}-folders" / "train", image_size=size, verbose=False, **options
        )

    if kind == "plain":
        return plain(batch_size=BATCH, seed=SEED)
    if kind == "cache":
        return plain(batch_size=BATCH, seed=SEED).cache()
    single = plain(batch_size=None, shuffle=False)
    mixed = single.cache().shuffle(len(single.file_paths), seed=SEED)
    return mixed.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def iterate(loader: Iterable[Any]) -> int:
    return sum(len(labels) for _, labels in loader)


def read(loader: Iterable[Any]) -> int:
    import tensorflow as tf

    n = 0
    for images, labels in loader:
        tf.reduce_sum(images).numpy()
        n += len(labels)
    return n


def trainer(size: int) -> Callable[[Iterable[Any]], int]:
    """A consumer that trains a network of two convolutions, the smallest that is one."""
    import keras
    import tensorflow as tf

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((size, size, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(7),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(labels, model(images, training=True))
        found = tape.gradient(value, model.trainable_variables)
        optimizer.apply(found, model.trainable_variables)
        return value

    def train(loader: Iterable[Any]) -> int:
        n = 0
        for images, labels in loader:
            value = step(images, labels)
            n += len(labels)
        value.numpy()
        return n

    return train


def memory(folder: Path, name: str, kind: str) -> int:
    """Peak of what a process with this loader holds, in MB; caches are there already."""
    command = [sys.executable, __file__, "--keep", str(folder), "--memory", name, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def measure_memory(folder: Path, name: str, kind: str) -> int:
    iterate(open_loader(kind, folder, name).take(2))  # what TensorFlow takes for itself
    before = held()
    peak, over = before, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.005):
            peak = max(peak, held())

    thread = threading.Thread(target=watch)
    thread.start()
    loader = open_loader(kind, folder, name)
    for _ in range(3):
        iterate(loader)
    over.set()
    thread.join()
    return round((peak - before) / 1024)


def held() -> int:
    """Memory of this process that no file stands behind, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def prepare(folder: Path, name: str) -> Version:
    """A frozen version with all samples in train, and its export; kept where it is there."""
    path, out = folder / name, folder / f"{name}-folders"
    if not out.exists():
        shutil.rmtree(path, ignore_errors=True)
        fill(path, fer() if name == "fer" else film())
        freeze(path, tag="v1")
        export(path, "v1", out)
    return open_version(path, "v1")


def fill(path: Path, samples: Iterable[tuple[str, str, bytes]]) -> None:
    """A dataset of pictures with one vote each."""
    store = Store.create(path)
    size = SETS[path.name]
    stills, votes = [], []
    for member, label, data in samples:
        id = hash_json([path.name, member])
        still = {"id": id, "source": path.name, "member": member, "image": data}
        stills.append(still | {"width": size, "height": size})
        votes.append(Vote(id, label, "benchmark", "import"))
    facts = [{"id": still["id"], "status": "kept"} for still in stills]
    sources = [{"name": path.name, "kind": "folder"}]
    for table, rows in (("stills", stills), ("facts", facts), ("sources", sources)):
        store.append(table, pa.Table.from_pylist(rows, TABLES[table]))
    Votes(path).add(votes)
    ids = [still["id"] for still in stills]
    sides = pl.DataFrame({"id": ids, "key": ids, "split": "train", "reason": None})
    write_assignment(store, sides, {"level": None})


def fer() -> Iterator[tuple[str, str, bytes]]:
    table = pq.read_table(shared() / "fer" / "train.parquet", columns=["id", "image", "fer2013"])
    labelled = (row for row in table.slice(0, 6200).to_pylist() if row["fer2013"])
    for _, row in zip(range(6000), labelled, strict=False):
        yield str(row["id"]), row["fer2013"], row["image"]


def film() -> Iterator[tuple[str, str, bytes]]:
    """Three places of every second frame of the acted clips."""
    for path in sorted((shared() / "footage").glob("acted-*.mp4")):
        label = path.stem.removeprefix("acted-")
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 2:
                    continue
                picture = frame.to_ndarray(format="rgb24")
                for y, x in ((60, 60), (120, 120), (100, 180)):
                    crop = np.ascontiguousarray(picture[y : y + 224, x : x + 224])
                    yield f"{path.stem}/{number}-{x}.png", label, encode_image(crop, "png")


if __name__ == "__main__":
    main()
