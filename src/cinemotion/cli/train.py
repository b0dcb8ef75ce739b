"""``cinemotion train``: a model from a frozen version."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json
from cinemotion.cli.training import training

if TYPE_CHECKING:
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
    seed: Annotated[int | None, typer.Option(min=0, help="Of all that is left to chance.")] = None,
    away_from: Annotated[
        list[Path] | None,
        typer.Option(help="Leave out training samples with a twin in this test data."),
    ] = None,
    allow_leakage: Annotated[
        str | None, typer.Option(metavar="REASON", help="Use a version without a proof.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train a model; the same command goes on where a run was stopped."""
    from cinemotion.flows.training.train import train as run
    from cinemotion.learn.training.recipe import load_train_recipe

    chosen = {
        "model": model,
        "size": size,
        "epochs": epochs,
        "batch_size": batch_size,
        "optimiser.learning_rate": learning_rate,
        "labels": labels and labels.value,
        "balance": balance and balance.value,
        "policy": policy,
        "seed": seed,
    }
    settings = load_train_recipe(recipe, chosen)
    with counting("pictures") as progress, training() as watch:
        report = run(
            version,
            out,
            settings,
            away_from=away_from or (),
            allow_leakage=allow_leakage,
            progress=progress,
            watch=watch,
        )
    if json:
        card = report.card.model_dump(mode="json")
        print_json({"folder": str(report.folder), "again": report.again, "card": card})
        return
    _print(report)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(train)


def _print(report: TrainReport) -> None:
    card = report.card
    done = "was trained before" if report.again else f"{report.epochs} epochs"
    typer.echo(f"{report.folder}: {card.model}, {card.parameters:,} weights, {done}")
    found = card.measures["develop"]
    measures = ", ".join(f"{name} {found[name]:.3f}" for name in _MEASURES)
    typer.echo(f"development samples ({found['samples']}): {measures}")
    typer.echo(f"temperature {card.temperature:.2f}; unknown below {card.unknown_below:.2f}")
