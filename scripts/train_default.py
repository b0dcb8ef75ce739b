"""Train the shipped model, ``compact-v1``, from FER2013's pictures and FER+'s votes.

    make train-default                          # or: python scripts/train_default.py --work FOLDER
    python scripts/train_default.py --package MODEL --dataset DATASET      # calibrate and ship only

Every step is done once: what is there already is found again, and a training that was stopped goes
on. On two cores it takes between one and two hours. The pictures are read through
``CINEMOTION_SHARED``; none of them comes into the repository.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from cinemotion.cli.training import training
from cinemotion.core.errors import CinemotionError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import read_tags
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.splitting.split import split
from cinemotion.flows.training.train import load_train_recipe, quicken, train
from cinemotion.flows.training.words import write_readme
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.calibration import fit_temperature, fit_threshold
from cinemotion.learn.modelfolder import ONNX, SHIPPED, read_card, write_card
from cinemotion.learn.scores import softmax
from cinemotion.learn.training.targets import one_hot

ROOT = Path(__file__).parents[1]
NAME = "compact-v1"
RECIPE = ROOT / "recipes" / f"{NAME}.toml"
TAG, RATERS = "default", "raters"
WEIGHTS = {"fer2013": 6.5}
# How faces fill the pictures of FER2013: python benchmarks/framing.py
MARGIN, LIFT = 1.35, 0.08
LICENCE = (
    "Apache-2.0 for what is ours. It started from SqueezeNet 1.1 as trained on ImageNet "
    "(keras-squeezenet, MIT) and was trained on FER2013 (ICML 2013 challenge, for research) with "
    "the votes of FER+ (MIT): whether the terms of those pictures bind the weights is for you to "
    "judge."
)


def prepare(data: Path, work: Path) -> str:
    """Import, de-duplicate, split and freeze the training pictures; ``DATASET@VERSION``."""
    path = work / "fer"
    if not (path.exists() and TAG in read_tags(path)):
        print("importing", data / "train.parquet", file=sys.stderr)
        import_dataset(data / "train.parquet", path)
        dataset = open_dataset(path)
        dedup(dataset)
        split(dataset, ratios=(92, 8))
        freeze(path, tag=TAG, weights=WEIGHTS, message="FER+ votes, and FER2013's as 6.5 of them")
    if RATERS not in read_tags(path):
        freeze(path, tag=RATERS, annotators=["ferplus"], message="what FER+'s raters say, alone")
    return str(path)


def imagenet(data: Path) -> str | None:
    """The file of ImageNet's weights beside the data; without it, Keras downloads them."""
    from cinemotion.learn.architectures.squeezenet import WEIGHTS_FILE  # loads Keras

    file = data.parent / "weights" / WEIGHTS_FILE
    return str(file) if file.is_file() else None


def calibrated(model: Path, dataset: str) -> dict[str, float]:
    """Temperature and limit of ``unknown``, by what most raters say of the development part.

    Training labels lie between two conventions; confidence is to speak of one.
    """
    _, given, truths = evaluate(model, f"{dataset}@{RATERS}", split="val", robustness=False)
    [truth] = truths.values()
    logits = given.logits[truth.rows][:, truth.columns]
    temperature = fit_temperature(logits, one_hot(truth.truth, len(truth.classes)))
    threshold = fit_threshold(softmax(logits, temperature), truth.truth)
    return {"temperature": temperature, "unknown_below": threshold}


def package(model: Path, dataset: str, validation: Path) -> Path:
    """Calibrate a model, measure it on the validation part, and put it where models are shipped."""
    card = read_card(model).model_copy(update=calibrated(model, dataset))
    write_card(model, card)
    report, _, _ = evaluate(model, str(validation))
    measures = dict(card.measures)
    for name, found in report.sets.items():
        values = {key: each["value"] for key, each in found["measures"].items()}
        measures[f"FER2013 validation part, labels of {name}"] = {
            "samples": found["samples"],
            **values,
        }
    card = card.model_copy(
        update={
            "name": NAME,
            "margin": MARGIN,
            "lift": LIFT,
            "licence": LICENCE,
            "measures": measures,
            "hashes": {ONNX: card.hashes[ONNX]},
        }
    )
    out = SHIPPED / NAME
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model / ONNX, out / ONNX)
    write_readme(out, card)
    write_card(out, card)
    return out


def main() -> int:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    shared = os.environ.get("CINEMOTION_SHARED", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(shared) / "fer")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / NAME)
    parser.add_argument("--package", type=Path, metavar="MODEL")
    parser.add_argument("--dataset", type=Path, metavar="DATASET", help="of --package")
    arguments = parser.parse_args()
    validation = arguments.data / "validation.parquet"
    try:
        model, dataset = arguments.package, str(arguments.dataset)
        if model is None:
            arguments.work.mkdir(parents=True, exist_ok=True)
            dataset = prepare(arguments.data, arguments.work)
            model = arguments.work / "model"
            quicken()
            recipe = load_train_recipe(RECIPE, {"weights": imagenet(arguments.data)})
            with training() as watch:
                train(f"{dataset}@{TAG}", model, recipe, away_from=[validation], watch=watch)
        print(package(model, dataset, validation))
    except CinemotionError as error:
        print(f"train_default: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
