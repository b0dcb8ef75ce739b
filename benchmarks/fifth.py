"""What the benchmarks share that train on a fifth of FER2013: its versions, options and runs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import read_tags
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.splitting.split import split
from cinemotion.flows.training.train import load_train_recipe, train
from cinemotion.flows.versions.freeze import freeze
from common import ROOT, shared

FER2013_WEIGHT = 6.5
MEASURES = ("accuracy", "macro_f1", "ece")

Figures = dict[str, dict[str, float]]
"""By set of labels and measure."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A trained network: its figures, how many pictures it learned from, and were asked of it."""

    figures: Figures
    learned: int
    asked: dict[str, int]


def described(
    settings: dict[str, Any], arguments: argparse.Namespace, runs: dict[str, Measured]
) -> dict[str, Any]:
    """What figures are of, to stand beside them in the results.

    Args:
        settings: What all runs have in common.
        arguments: Of the command line.
        runs: One of each case, for the numbers of pictures.
    """
    return {
        "data": "FER2013, training part",
        "split": "92 to 8 into training and development",
        "share of the training samples": arguments.share,
        "epochs": arguments.epochs,
        "seeds": list(range(arguments.seeds)),
        "measured on": "FER2013, validation part (PublicTest)",
        "settings": settings,
        "pictures learned from": {name: run.learned for name, run in runs.items()},
        "pictures asked": next(iter(runs.values())).asked,
    }


def read_arguments(about: str | None, *, epochs: int) -> argparse.Namespace:
    """The options of the command line; the folder of the runs is made."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ablation")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    return arguments


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


def measured(
    name: str, settings: dict[str, Any], arguments: argparse.Namespace, *, clean: bool = True
) -> Measured:
    """Train one network, or find it trained, and measure it on the validation part."""
    out = arguments.work / f"{name.replace(' ', '-')}-{settings['seed']}"
    validation = shared() / "fer" / "validation.parquet"
    trained = train(
        version(arguments.work, clean=clean),
        out,
        load_train_recipe(None, settings | {"epochs": arguments.epochs}),
        away_from=[validation] if clean else (),
        share=arguments.share,
    )
    report, _, _ = evaluate(out, str(validation), robustness=False)
    found = {
        labels: {measure: row["measures"][measure]["value"] for measure in MEASURES}
        for labels, row in report.sets.items()
    }
    print(name, settings["seed"], {labels: row["accuracy"] for labels, row in found.items()})
    asked = {labels: row["samples"] for labels, row in report.sets.items()}
    return Measured(found, trained.card.data["train"], asked)
