"""Train a model on a frozen version, and put it in a folder with all that belongs to it.

    report = train("faces@v1", "model", load_train_recipe(None, {"model": "mini"}))
    report.card.measures["develop"]["accuracy"], report.folder

The same command goes on where a run was stopped: the state is written after every epoch.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.alone import alone
from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.hashing import hash_json
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.export.content import Progress
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import Version, open_version
from cinemotion.faces.align import MARGIN
from cinemotion.flows.training.away import twins_of
from cinemotion.flows.training.data import Sides, TrainingData, training_data
from cinemotion.flows.training.measured import calibrated
from cinemotion.flows.training.sheets import write_history
from cinemotion.flows.training.words import LIMITS, USE, write_readme
from cinemotion.learn.backend import check_backend, quicken
from cinemotion.learn.modelfolder import (
    CARD,
    KERAS,
    LABELS,
    MEAN,
    ONNX,
    Card,
    find_model,
    hashes_of,
    is_convention,
    name_of_labels,
    read_card,
    write_card,
)
from cinemotion.learn.models import hash_weights
from cinemotion.learn.rounding import answer, round_network
from cinemotion.learn.training.recipe import TrainRecipe, load_train_recipe
from cinemotion.learn.training.teaching import heads_for
from cinemotion.learn.training.watch import Watch

if TYPE_CHECKING:
    import keras


__all__ = ["TrainRecipe", "TrainReport", "Watch", "load_train_recipe", "quicken", "train"]

_LIBRARIES = ("cinemotion", "keras", "numpy", "tensorflow", "tensorflow-cpu", "jax", "onnxruntime")


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a run made.

    Attributes:
        folder: The model.
        card: What it is.
        epochs: How many were trained in all.
        again: Whether it was there already, so that nothing had to be done.
    """

    folder: Path
    card: Card
    epochs: int
    again: bool


def train(
    reference: str,
    out: Path | str,
    recipe: TrainRecipe,
    *,
    sides: Sides | None = None,
    away_from: Sequence[Path | str] = (),
    allow_leakage: str | None = None,
    margin: float = MARGIN,
    share: float = 1.0,
    also: Mapping[str, str] | None = None,
    licence: str = "as the training data allows",
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> TrainReport:
    """Train a model.

    Args:
        reference: ``DATASET@VERSION``.
        out: The model's folder.
        recipe: How.
        sides: Which sides are learned from, and which one choices are made on.
        away_from: Data whose twins are not learned from, as the model will be tested on them.
        allow_leakage: Why a version without a proof may be used all the same.
        margin: Side of the pictures in face sizes, see ``faces/align.py``; of our crops, 2.
        share: Of the training samples of each class, drawn at random.
        also: By name, further ``DATASET@VERSION`` of the same samples, whose labels a head of its
            own learns: :func:`~cinemotion.learn.classifier.open_classifier` takes ``MODEL:NAME``,
            and ``MODEL:mean`` for all sets alike; ``MODEL`` is the first.
        licence: Of the weights.
        progress: Told about pictures that are prepared.
        watch: Told how the training goes.

    Raises:
        BadInputError: The recipe or Keras' backend cannot be used, a class is empty, the loss is
            no number any more, or the folder holds something else.
        DatasetError: There is no such version, or it leaks.
        MissingExtraError: Keras, or what it needs to write ONNX, is not installed.
        WeightsError: Weights to start from cannot be had, or are another network's.
    """
    check_backend()
    folder = Path(out)
    version = open_version(*need_version(reference))
    _refuse_leaks(version, allow_leakage)
    weights = hash_weights(recipe.model, recipe.weights)
    near = Nearness()
    twins = twins_of(open_dataset(version.path), away_from, near, progress)
    first = name_of_labels(version.annotators)
    if first is not None and not is_convention(first):
        first = None  # no head can be asked for by it
    _check_names(also or {}, first)
    others_of = {name: open_version(*need_version(each)) for name, each in (also or {}).items()}
    for other in others_of.values():
        _refuse_leaks(other, allow_leakage)
    data = training_data(
        version,
        recipe,
        sides=sides,
        without=set(twins["id"]),
        share=share,
        also=others_of,
        progress=progress,
    )
    teachers = [read_card(find_model(each)).hashes[ONNX] for each in recipe.teachers]
    others: list[object] = [each for each in (weights, *teachers) if each is not None]
    others += _unusual_heads(recipe.teachers, ["", *(also or {})], first)
    digest = hash_json([data.digest, recipe.identity(), *others])
    with alone(folder, "another run is training in"):
        if (folder / CARD).exists():
            card = read_card(folder)
            if card.data["digest"] != digest:
                raise BadInputError(f"{folder} holds another model; give another folder")
            if card.margin != margin:  # which nothing that was learned depends on
                raise BadInputError(
                    f"{folder} holds another model, with a margin of {card.margin:g} and not "
                    f"{margin:g}; give another folder"
                )
            return TrainReport(folder, card, int(card.data["epochs"]), again=True)
        facts = {
            "version": version.id,
            "proof": version.record["proof"]["holds"],
            "allowed_leakage": allow_leakage,
            "sides": asdict(sides or Sides()),
            "train": len(data.train),
            "develop": len(data.develop),
            "left_out_as_twins": data.left_out,
            **({"also": {name: each.id for name, each in others_of.items()}} if also else {}),
            "digest": digest,
            **({"weights_sha256": weights} if weights else {}),
            **({"teacher_sha256": teachers} if teachers else {}),
        }
        return _train(folder, data, recipe, facts, first, margin, licence, watch)


def _train(
    folder: Path,
    data: TrainingData,
    recipe: TrainRecipe,
    facts: dict[str, Any],
    first: str | None,
    margin: float,
    licence: str,
    watch: Watch | None,
) -> TrainReport:
    quicken()
    from cinemotion.learn.kerasonnx import export_onnx
    from cinemotion.learn.training.fit import Develop
    from cinemotion.learn.training.runs import run_recipe

    develop = Develop(
        data.develop.read_range, data.develop.shares, tuple(data.develop.also.values())
    )
    model, history = run_recipe(
        recipe,
        data,
        develop,
        folder / "run",
        facts["digest"],
        watch,
        also=data.train.also,
        first=first,
    )
    write_history(folder, history)
    _save(model, folder / KERAS)
    n = len(data.develop)
    export_onnx(model, folder / ONNX, check=data.develop.read_range(0, min(16, n)))
    if recipe.eight_bits:
        round_network(folder / ONNX, data.train.read, len(data.train))
    logits = answer(folder / ONNX, data.develop.read_range, n)
    logits = logits.reshape(n, -1, len(data.classes))
    sets = [data.develop.shares, *data.develop.also.values()]
    found = {
        name: calibrated(name, heads, logits, [sets[head] for head in heads], data.develop.films)
        for name, heads in _conventions(first, list(data.develop.also)).items()
    }
    (own, _), *others = found.values()
    card = Card(
        name=folder.resolve().name,
        model=recipe.model,
        classes=list(data.classes),
        size=recipe.size,
        margin=margin,
        temperature=own.temperature,
        unknown_below=own.unknown_below,
        conventions=[convention for convention, _ in others],
        parameters=model.count_params(),
        data=facts | {"epochs": len(history)},
        recipe=recipe.described(),
        measures={_measured_on(name): measures for name, (_, measures) in found.items()},
        libraries=_libraries(),
        hashes=hashes_of(folder),
        licence=licence,
        use=USE,
        limits=list(LIMITS),
    )
    write_readme(folder, card)
    write_card(folder, card)
    return TrainReport(folder, card, len(history), again=False)


def _conventions(first: str | None, also: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The ways to answer, by name, and the sets that decide; the plain one has none."""
    found: dict[str, tuple[int, ...]] = {"": (0,)}
    if also:
        if first is not None:
            found[first] = (0,)
        found |= {name: (at,) for at, name in enumerate(also, start=1)}
        found[MEAN] = tuple(range(1 + len(also)))
    return found


def _measured_on(name: str) -> str:
    if name == MEAN:
        return "develop, all sets together"
    return f"develop, labels of {name}" if name else "develop"


def _save(model: keras.Model, path: Path) -> None:
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        model.save(draft)
        draft.replace(path)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _check_names(also: Mapping[str, str], first: str | None) -> None:
    for name in also:
        if not is_convention(name):
            raise BadInputError(
                f"a further set of labels cannot be called {name!r}: the name comes after a colon, "
                f"{LABELS!r} are those of every version and {MEAN!r} stands for all sets; name who "
                "labelled"
            )
        if name == first:
            raise BadInputError(
                f"a further set of labels cannot be called {name!r}: those of the first version "
                "are of that annotator; name who labelled"
            )


def _unusual_heads(
    teachers: Sequence[str], sets: Sequence[str], first: str | None
) -> list[list[tuple[int, ...]]]:
    """Which heads of teachers teach the sets, where that is not the first the first, and so on."""
    usual = [(at,) for at in range(len(sets))]
    found = [list(heads_for(teacher, sets, first).values()) for teacher in teachers]
    return [heads for heads in found if heads != usual]


def _refuse_leaks(version: Version, reason: str | None) -> None:
    if version.record["proof"]["holds"] or reason:
        return
    raise DatasetError(
        f"{version.path} at {version.id[:12]} was frozen though it leaks "
        f"({version.record['allowed_leakage']}), so that no figure of a model could be trusted; "
        "split it again, or state why with --allow-leakage REASON"
    )


def _libraries() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        with contextlib.suppress(Exception):
            found[name] = installed(name)
    return found
