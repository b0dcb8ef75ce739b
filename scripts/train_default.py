"""Train the shipped model, ``compact-v1``, from FER2013's pictures and FER+'s votes.

    make train-default                          # or: python scripts/train_default.py --work FOLDER
    python scripts/train_default.py --rehearse                # every step, but small; ships nothing
    python scripts/train_default.py --package MODEL           # measure and ship only

Every step is done once: what is there already is found again, and a training that was stopped goes
on. First a larger network is trained, then one of the shipped size learns from the raters and from
its answers, and the one that is shipped from the raters and from both, for longer. On two cores
with AMX all take about two hours. The pictures are read through ``CINEMOTION_SHARED``; none of them
comes into the repository.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.cli.training import training
from cinemotion.core.errors import CinemotionError
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import read_tags
from cinemotion.flows.curating.dedup import dedup
from cinemotion.flows.evaluating.evaluate import evaluate
from cinemotion.flows.importing.ingest import import_dataset
from cinemotion.flows.splitting.split import split
from cinemotion.flows.training.measured import usual_measures
from cinemotion.flows.training.train import load_train_recipe, quicken, train
from cinemotion.flows.training.words import write_readme
from cinemotion.flows.versions.freeze import freeze
from cinemotion.learn.intervals import intervals
from cinemotion.learn.modelfolder import MEAN, ONNX, SHIPPED, plain_by, read_card, write_card
from cinemotion.learn.scores import expected_calibration_error

ROOT = Path(__file__).parents[1]
NAME = "compact-v1"
TEACHERS = (f"{NAME}-teacher", f"{NAME}-first")
"""Trained before it, the second one on the answers of the first."""

RATERS, FER2013 = "ferplus", "fer2013"
"""Two sets of labels of the same pictures, each a version; the model learns a head for each."""

REHEARSAL: dict[str, Any] = {"epochs": 2, "finish_epochs": 1}
"""Of every training, where it is only to be seen that all steps follow each other."""

REHEARSED = 0.02
"""Of the training pictures, then."""

# How faces fill the pictures of FER2013: python benchmarks/framing.py
MARGIN, LIFT = 1.35, 0.08
LICENCE = (
    "Apache-2.0 for what is ours. It started from dlib's face network (CC0) and was trained on "
    "FER2013 (ICML 2013 challenge, for research) with the votes of FER+ (MIT): whether the terms "
    "of those pictures bind the weights is for you to judge."
)


def prepare(data: Path, work: Path) -> str:
    """Import, de-duplicate, split and freeze the training pictures, once for each set of labels."""
    path = work / "fer"
    if not (path.exists() and FER2013 in read_tags(path)):
        print("importing", data / "train.parquet", file=sys.stderr)
        import_dataset(data / "train.parquet", path)
        dataset = open_dataset(path)
        dedup(dataset)
        split(dataset, ratios=(92, 8))
        for annotator in (RATERS, FER2013):
            freeze(path, tag=annotator, annotators=[annotator], message="their labels alone")
    return str(path)


def package(model: Path, validation: Path, out: Path = SHIPPED / NAME) -> Path:
    """Measure a model on the validation part, and put it where models are shipped.

    Its plain answer is that of both sets of labels alike.
    """
    card = plain_by(read_card(model), MEAN)
    taught = card.recipe["teacher"] or []
    names = [Path(each).name for each in ([taught] if isinstance(taught, str) else taught)]
    card = card.model_copy(
        update={
            "name": NAME,
            "margin": MARGIN,
            "lift": LIFT,
            "licence": LICENCE,
            "hashes": {ONNX: card.hashes[ONNX]},
            "recipe": card.recipe | {"teacher": names},
        }
    )
    with tempfile.TemporaryDirectory(prefix=NAME) as folder:
        draft = Path(folder) / NAME
        draft.mkdir()
        shutil.copyfile(model / ONNX, draft / ONNX)
        write_card(draft, card)
        report, given, truths = evaluate(draft, str(validation))
    # What is filed under "develop" alone was answered by the first set, which has a name here.
    measures = {name: found for name, found in card.measures.items() if name != "develop"}
    for name, found in report.sets.items():
        of = f"FER2013 validation part, labels of {name}"
        values = {}
        for key, each in found["measures"].items():
            values |= {key: each["value"], f"{key}_low": each["low"], f"{key}_high": each["high"]}
        drawn = {"interval": found["interval"]}
        measures[f"{of}, answered by them"] = {"samples": found["samples"], **values, **drawn}
        truth = truths[name]
        plain = truth.answers(given.probabilities)
        usual = usual_measures(truth.truth, plain.argmax(axis=1), len(truth.classes))
        n, by = len(truth.truth), given.films(truth.rows)
        measures[of] = {
            "samples": found["samples"],
            **{key: measure(np.arange(n)) for key, measure in usual.items()},
            "ece": expected_calibration_error(plain, truth.truth),
            **intervals(usual, n=n, seed=0, groups=by),
            **drawn,
        }
    card = card.model_copy(update={"measures": measures})
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
    parser.add_argument("--work", type=Path, help="default: build/compact-v1, or -rehearsal")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--package", type=Path, metavar="MODEL")
    only.add_argument("--rehearse", action="store_true")
    arguments = parser.parse_args()
    validation = arguments.data / "validation.parquet"
    rehearse = arguments.rehearse
    work = arguments.work or ROOT / "build" / (f"{NAME}-rehearsal" if rehearse else NAME)
    try:
        model = arguments.package
        if model is None:
            work.mkdir(parents=True, exist_ok=True)
            dataset = prepare(arguments.data, work)
            quicken()
            trained: list[str] = []
            for name in (*TEACHERS, NAME):
                settings = REHEARSAL.copy() if rehearse else {}
                settings |= {"teacher": tuple(trained)} if trained else {}
                recipe = load_train_recipe(ROOT / "recipes" / f"{name}.toml", settings)
                model = work / name
                with training() as watch:
                    train(
                        f"{dataset}@{RATERS}",
                        model,
                        recipe,
                        share=REHEARSED if rehearse else 1.0,
                        away_from=[validation],
                        also={FER2013: f"{dataset}@{FER2013}"},
                        watch=watch,
                    )
                trained.append(str(model))
        shipped = work / "shipped" if rehearse else SHIPPED / NAME
        print(package(model, validation, shipped))
    except CinemotionError as error:
        print(f"train_default: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
