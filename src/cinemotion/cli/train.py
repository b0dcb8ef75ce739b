"""``cinemotion train``: a model from a frozen version."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.cli.training import training
from cinemotion.core.errors import BadInputError

if TYPE_CHECKING:
    from cinemotion.flows.training.repeat import Repeated
    from cinemotion.flows.training.train import TrainReport

_MEASURES = ("accuracy", "macro_f1", "balanced_recall", "ece")


class Labels(StrEnum):
    """What is learned."""

    hard = "hard"
    soft = "soft"


class Balance(StrEnum):
    """How rare classes are helped."""

    none = "none"
    weights = "weights"
    sampling = "sampling"


def train(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    out: Annotated[Path, typer.Option(help="The model's folder.")],
    recipe: Annotated[Path | None, typer.Option(help="A training recipe in TOML.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="brief-cnn, mini, compact, reference or transfer:NAME."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="What transfer:NAME starts from; none for random weights; ImageNet's without it.",
        ),
    ] = None,
    size: Annotated[int | None, typer.Option(min=32, help="Side of the pictures.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=2, help="Samples in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its highest.")] = None,
    labels: Annotated[
        Labels | None, typer.Option(help="Each sample's class, or the shares of its votes.")
    ] = None,
    balance: Annotated[Balance | None, typer.Option(help="How rare classes are helped.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="Augmentations: none, brief, light, film or strong.")
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="A model whose answers are part of the labels; of several, the mean."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of all that is left to chance.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with so many seeds: mean and deviation.")
    ] = None,
    folds: Annotated[
        bool, typer.Option("--folds", help="Leave out each fold of the version in turn.")
    ] = False,
    share: Annotated[
        float, typer.Option(min=0.001, max=1, help="Learn from this share of each class.")
    ] = 1.0,
    away_from: Annotated[
        list[Path] | None,
        typer.Option(help="Leave out training samples with a twin in this test data."),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DATASET@VERSION",
            help="Labels of another version of these samples, for a head of their own.",
        ),
    ] = None,
    allow_leakage: Annotated[
        str | None, typer.Option(metavar="REASON", help="Use a version without a proof.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(min=0.5, max=5, help="Side of the pictures in face sizes; 2 for our crops."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train a model; the same command goes on where a run was stopped."""
    from cinemotion.flows.training.train import load_train_recipe
    from cinemotion.flows.training.train import train as run

    chosen = {
        "model": model,
        "weights": weights,
        "size": size,
        "epochs": epochs,
        "batch_size": batch_size,
        "optimiser.learning_rate": learning_rate,
        "labels": labels and labels.value,
        "balance": balance and balance.value,
        "policy": policy,
        "teacher": teacher and (teacher[0] if len(teacher) == 1 else tuple(teacher)),
        "seed": seed,
    }
    if also and (folds or seeds):
        raise BadInputError("--also goes without --folds and --seeds")
    if folds and (seeds or away_from or share < 1):
        raise BadInputError("--folds goes without --seeds, --away-from and --share")
    settings = load_train_recipe(recipe, chosen)
    common: dict[str, Any] = {"allow_leakage": allow_leakage}
    if not folds:
        common |= {"away_from": away_from or (), "share": share}
    if margin is not None:
        common["margin"] = margin
    with counting("pictures") as progress, training() as watch:
        common |= {"progress": progress, "watch": watch}
        if folds or seeds:
            from cinemotion.flows.training.repeat import train_folds, train_seeds

            common["begins"] = watch.begin
            repeated = (
                train_folds(version, out, settings, **common)
                if folds
                else train_seeds(version, out, settings, seeds=seeds or 2, **common)
            )
            _print_repeated(repeated, json)
            return
        common["also"] = _named(also or [])
        report = run(version, out, settings, **common)
    if json:
        card = report.card.model_dump(mode="json")
        print_json({"folder": str(report.folder), "again": report.again, "card": card})
        return
    _print(report)


def _named(also: list[str]) -> dict[str, str]:
    """``NAME=DATASET@VERSION`` by its name."""
    found: dict[str, str] = {}
    for each in also:
        name, _, reference = each.partition("=")
        if not reference or name in found:
            raise BadInputError(f"--also takes NAME=DATASET@VERSION, each name once; got {each!r}")
        found[name] = reference
    return found


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(train)


def _print_repeated(repeated: Repeated, json: bool) -> None:
    if json:
        print_json(asdict(repeated))
        return
    print_table(
        ["measure", "mean", "sd", *repeated.models],
        [
            [name, f"{row['mean']:.4f}", f"{row['sd']:.4f}", *(f"{v:.4f}" for v in row["values"])]
            for name, row in repeated.measures.items()
        ],
    )
    measured = "the fold left out" if repeated.measured == "test" else "development samples"
    typer.echo(f"measured on {measured}; the models are in {repeated.folder}")


def _print(report: TrainReport) -> None:
    card = report.card
    done = "was trained before" if report.again else f"{report.epochs} epochs"
    typer.echo(f"{report.folder}: {card.model}, {card.parameters:,} weights, {done}")
    found = card.measures["develop"]
    measures = ", ".join(f"{name} {found[name]:.3f}" for name in _MEASURES)
    typer.echo(f"development samples ({found['samples']}): {measures}")
    typer.echo(f"temperature {card.temperature:.2f}; unknown below {card.unknown_below:.2f}")
