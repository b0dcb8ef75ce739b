"""Feature sets × algorithms × seeds, with ARI and NMI: what clusters of faces find.

    python benchmarks/clusters.py [--quick] [--json benchmarks/results/clusters.json]
        [--features hog,lbp] [--algorithms kmeans,gmm] [--seeds 5] [--keep FOLDER]

Data: FER2013's PublicTest part (3,589 pictures of 48 px, no film is known) and the zip in the
course's layout (155 frames of five clips, one class each). Each is imported, split by what is
known, frozen, and its features are extracted; k is the number of classes. Beside our figures
stand those that the original project reports for its features (the first 128 numbers of a
flattened map) on data of the course's layout: they were not measured here.

``--quick`` takes one feature set, two algorithms, one seed and 300 samples.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.clustering.features import extract
from cinemotion.flows.clustering.sweep import rank_runs, sweep
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.splitting.split import split
from cinemotion.flows.versions.freeze import freeze
from common import print_table, shared, write_json

ORIGINAL = {"ari": -0.0035, "nmi": 0.0062}
SOURCES = {"fer": "fer/validation.parquet", "course": "DLCV_SS25_Dataset.zip"}
FEATURES = "classic,classic:gap,classic:first128,hog,lbp,pixels"
ALGORITHMS = "kmeans,minibatch-kmeans,gmm,agglomerative,spectral,birch"
QUICK = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--features", default=FEATURES)
    parser.add_argument("--algorithms", default=ALGORITHMS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--keep", type=Path, default=None, help="keep the data sets here")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    features, algorithms = options.features.split(","), options.algorithms.split(",")
    seeds, sample = options.seeds, None
    if options.quick:
        features, algorithms, seeds, sample = ["hog"], ["kmeans", "agglomerative"], 1, QUICK
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for name in SOURCES:
            reference = prepare(name, folder / name)
            results[name] = measure(reference, features, algorithms, seeds=seeds, sample=sample)
            show(name, results[name])
    print(f"\nthe original project reports ARI {ORIGINAL['ari']}, NMI {ORIGINAL['nmi']}")
    write_json(options.json, "clusters", {"original": ORIGINAL, **results})


def prepare(name: str, path: Path) -> str:
    """Import, split and freeze; kept where it is there."""
    reference = f"{path}@v1"
    if not (path / "HEAD").exists():
        import_dataset(shared() / SOURCES[name], path)
        split(open_dataset(path))
        freeze(path, tag="v1")
    return reference


def measure(
    reference: str,
    features: list[str],
    algorithms: list[str],
    *,
    seeds: int,
    sample: int | None,
) -> dict[str, Any]:
    """Extract, and cluster with everything."""
    since = time.perf_counter()
    for spec in features:
        extract(reference, spec)
    extracted = time.perf_counter() - since
    path, _, tag = reference.rpartition("@")
    classes = len(open_dataset(path, tag).classes)
    runs = sweep(
        reference,
        features=features,
        algorithms=algorithms,
        seeds=seeds,
        k=classes,
        sample=sample,
    )
    return {
        "samples": int(runs["samples"].max()),
        "k": classes,
        "seconds": {
            "features": round(extracted, 1),
            "all": round(time.perf_counter() - since, 1),
        },
        "ranked": rank_runs(runs).to_dicts(),
        "failed": runs.filter(pl.col("reason").is_not_null())
        .select("features", "algorithm", "seed", "reason")
        .to_dicts(),
    }


def show(name: str, result: dict[str, Any]) -> None:
    """Print a row per feature set and algorithm, best first."""
    print(f"\n{name}: {result['samples']} samples, k = {result['k']}, {result['seconds']}")
    head = ["features", "algorithm", "runs", "ARI", "95 %", "chance", "NMI", "95 %", "chance", "s"]
    clip = any("shot_ami" in row for row in result["ranked"])
    rows = [
        [
            *(row["features"], row["algorithm"], row["runs"]),
            *cells(row, "emotion_ari"),
            *cells(row, "emotion_nmi"),
            *([figure(row["shot_ami"])] if clip else []),
            "" if row["seconds"] is None else f"{row['seconds']:.2f}",
        ]
        for row in result["ranked"]
    ]
    print_table([*head[:-1], *(["AMI of clip"] if clip else []), head[-1]], rows)
    for row in result["failed"]:
        print("failed:", *row.values())


def cells(row: dict[str, Any], name: str) -> list[str]:
    """The mean, the interval that holds those of all seeds, and the mean of chance."""
    ends = " to ".join(figure(row[f"{name}_{end}"]) for end in ("low", "high"))
    return [figure(row[name]), ends, figure(row[f"{name}_chance"])]


def figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
