"""How many points of an accuracy are false: the naive protocol beside ours.

    python benchmarks/protocols.py [--epochs 8] [--json benchmarks/results/protocols.json]

*Naive*: pictures are augmented first, and the whole is split by chance. *Honest*: pictures are
split first, clips and twins on one side, and training alone is augmented. Network, epochs and the
sizes of the sides are the same. On the course's zip each class is one clip, which is left out once:
an honest split can measure nothing there. On a fifth of FER2013 both are also measured on the
validation part, whose twins the honest one does not learn from: what the naive protocol promises,
beside what it keeps.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from common import print_table, shared, write_json

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import polars as pl
from sklearn.model_selection import KFold

import cinemotion
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.dataset import open_dataset
from cinemotion.flows.training.away import twins_of
from cinemotion.learn.augment import open_policy
from cinemotion.learn.canvas import colour
from cinemotion.learn.models import open_model

SIZE = (48, 48)
COPIES = 2
SEEDS = 3
POLICY = "brief"
RATE = 2e-3
BATCH = 64


def enlarged(pictures: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and changed copies of each, and their labels."""
    parts = [pictures.astype(np.float32)]
    for copy in range(COPIES):
        changed = parts[0]
        for layer in open_policy(POLICY, seed=10 * seed + copy):
            changed = np.concatenate(
                [
                    np.asarray(layer(changed[at : at + 512], training=True))
                    for at in range(0, len(changed), 512)
                ]
            )
        parts.append(changed)
    return np.concatenate(parts), np.tile(labels, COPIES + 1)


def learned(pictures: np.ndarray, labels: np.ndarray, classes: int, epochs: int, seed: int) -> Any:
    """A network that learned from pictures."""
    import keras

    keras.utils.set_random_seed(seed)
    model = open_model("mini", SIZE, classes, seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss, jit_compile=False)
    model.fit(pictures, labels, epochs=epochs, batch_size=BATCH, verbose=0)
    return model


def right(model: Any, pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which answers are right."""
    logits = model.predict(pictures.astype(np.float32), batch_size=256, verbose=0)
    return np.asarray(logits.argmax(axis=1) == labels)


def naive(
    pictures: np.ndarray, labels: np.ndarray, classes: int, epochs: int, folds: int
) -> tuple[float, list[Any]]:
    """Accuracy when copies are made first and pictures dealt out by chance; and the networks."""
    more, more_labels = enlarged(pictures, labels, 0)
    found, models = [], []
    dealt = KFold(folds, shuffle=True, random_state=0).split(more)
    for seed, (train, test) in enumerate(dealt):
        if seed == SEEDS:
            break
        models.append(learned(more[train], more_labels[train], classes, epochs, seed))
        found.append(right(models[-1], more[test], more_labels[test]))
    return float(np.concatenate(found).mean()), models


def twin_groups(ids: list[str], twins: pl.DataFrame) -> np.ndarray:
    """Of each picture, the one that is kept of it and its twins; itself where it has none."""
    keeper = dict(twins.select("id", "keeper").drop_nulls().iter_rows())
    return np.array([keeper.get(id, id) for id in ids])


def course(work: Path, epochs: int) -> dict[str, Any]:
    """The course's zip: five clips."""
    path = work / "course"
    cinemotion.import_dataset(shared() / "DLCV_SS25_Dataset.zip", path)
    dataset = open_dataset(path)
    kept = dataset.samples().filter(status="kept").sort("id")
    stills = dataset.table("stills", ["id", "label", "clip"])
    table = kept.select("id").join(stills, on="id", how="left")
    classes = sorted(set(table["label"]))
    labels = np.array([classes.index(label) for label in table["label"]])
    pictures = np.stack([colour(image, SIZE) for image in dataset.images(table["id"].to_list())])
    high, _ = naive(pictures, labels, len(classes), epochs, 5)
    found = []
    clips = table["clip"].to_numpy()
    for seed, clip in enumerate(sorted(set(clips))):
        out = clips == clip
        more, more_labels = enlarged(pictures[~out], labels[~out], seed)
        model = learned(more, more_labels, len(classes), epochs, seed)
        found.append(right(model, pictures[out], labels[out]))
    return {
        "pictures": len(pictures),
        "clips": len(set(clips)),
        "naive": high,
        "honest": float(np.concatenate(found).mean()),
    }


def fer(work: Path, epochs: int) -> dict[str, Any]:
    """A fifth of FER2013, and its validation part."""
    path = work / "fer"
    cinemotion.import_dataset(shared() / "fer" / "train.parquet", path)
    dataset = open_dataset(path)
    validation = shared() / "fer" / "validation.parquet"
    twins = set(twins_of(dataset, [validation], Nearness())["id"])
    stills = dataset.table("stills", ["id", "label"]).drop_nulls()
    fifth = stills.sample(fraction=0.2, seed=0).sort("id")
    classes = sorted(set(fifth["label"]))
    labels = np.array([classes.index(label) for label in fifth["label"]])
    pictures = np.stack([colour(image, SIZE) for image in dataset.images(fifth["id"].to_list())])
    held = work / "held"
    cinemotion.import_dataset(validation, held)
    other = open_dataset(held)
    rows = other.table("stills", ["id", "label"]).drop_nulls().sort("id")
    test = np.stack([colour(image, SIZE) for image in other.images(rows["id"].to_list())])
    truth = np.array([classes.index(label) for label in rows["label"]])
    high, models = naive(pictures, labels, len(classes), epochs, 10)
    kept = [float(right(model, test, truth).mean()) for model in models]
    clean = ~fifth["id"].is_in(list(twins)).to_numpy()
    # Inside the fifth, twins of a picture stay on its side.
    dedup = cinemotion.dedup(dataset)
    groups = twin_groups(fifth["id"].to_list(), dataset.table("duplicates", ["id", "keeper"]))
    random = np.random.default_rng(0)
    names = random.permutation(np.unique(groups))
    inside, outside = [], []
    for seed in range(SEEDS):
        out = np.isin(groups, names[seed::10])
        more, more_labels = enlarged(pictures[~out & clean], labels[~out & clean], seed)
        model = learned(more, more_labels, len(classes), epochs, seed)
        inside.append(right(model, pictures[out], labels[out]))
        outside.append(float(right(model, test, truth).mean()))
    return {
        "pictures": len(pictures),
        "twins of the validation part left out": int((~clean).sum()),
        "copies in the whole set": dedup.exact.copies + dedup.near.copies,
        "naive": high,
        "naive on the validation part": float(np.mean(kept)),
        "honest": float(np.concatenate(inside).mean()),
        "honest on the validation part": float(np.mean(outside)),
    }


def described(epochs: int) -> dict[str, Any]:
    """What the figures are of, to stand beside them in the results."""
    return {
        "network": f"mini, {SIZE[0]} × {SIZE[1]} pixels",
        "optimiser": f"Adam, rate {RATE:g}, batches of {BATCH}",
        "augmentation": f"{POLICY}, {COPIES} copies of each picture",
        "epochs": epochs,
        "seeds": "the number of the fold, of the tenth or of the clip, from 0",
        "course": "the course's zip, measured on what is left out: naive, the first "
        f"{SEEDS} folds of 5; honest, each clip once",
        "fer": "a fifth of FER2013's training part, measured on what is left out and on the "
        f"validation part (PublicTest): naive, the first {SEEDS} folds of 10; honest, {SEEDS} "
        "times a tenth of the groups of twins",
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "course": course(Path(folder), arguments.epochs),
            "fer": fer(Path(folder), arguments.epochs),
        }
    for name, found in result.items():
        print(name)
        print_table(list(found), [list(found.values())])
        print(f"false points: {100 * (found['naive'] - found['honest']):.1f}")
    write_json(arguments.json, "protocols", result | {"run": described(arguments.epochs)})


if __name__ == "__main__":
    main()
