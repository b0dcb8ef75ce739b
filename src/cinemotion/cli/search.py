"""``cinemotion search``: a better training recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.cli.training import training


def search(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    out: Annotated[Path, typer.Option(help="The folder of the search.")],
    recipe: Annotated[Path | None, typer.Option(help="Where to begin, in TOML.")] = None,
    model: Annotated[str | None, typer.Option(help="As for cinemotion train.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="Short runs in all.")] = 20,
    epochs: Annotated[int, typer.Option(min=1, help="Of a short run.")] = 8,
    share: Annotated[
        float, typer.Option(min=0.001, max=1, help="Learn from this share of each class.")
    ] = 0.2,
    only_rate: Annotated[
        bool, typer.Option("--only-rate", help="Search the learning rate alone.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Search learning rate, decay, batch size and augmentations; goes on where it was stopped."""
    from cinemotion.flows.training.search import search as run
    from cinemotion.flows.training.train import load_train_recipe

    settings = load_train_recipe(recipe, {"model": model})
    with counting("pictures") as progress, training() as watch:
        report = run(
            version,
            out,
            settings,
            trials=trials,
            epochs=epochs,
            share=share,
            only_rate=only_rate,
            progress=progress,
            watch=watch,
        )
    if json:
        print_json(
            {
                "file": str(report.file),
                "accuracy": report.accuracy,
                "recipe": report.recipe.model_dump(mode="json"),
                "trials": report.trials,
            }
        )
        return
    head = list(report.trials[0])
    rows = sorted(report.trials, key=lambda row: -(row["accuracy"] or 0))
    print_table(head, [[_cell(row.get(name)) for name in head] for row in rows])
    typer.echo(f"best: {report.accuracy:.4f} on development samples; its recipe: {report.file}")


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(search)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
