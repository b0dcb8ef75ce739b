"""``cinemotion predict``: what a model says about faces."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json


class Crops(StrEnum):
    """Where faces are."""

    detect = "detect"
    given = "given"


def predict(
    model: Annotated[str, typer.Argument(help="A model's folder, or a shipped one's name.")],
    targets: Annotated[
        list[Path], typer.Argument(metavar="IMAGES|FOLDER|DATASET...", help="What to look at.")
    ],
    crops: Annotated[
        Crops, typer.Option(help="Find faces, or take each picture as the crop of one.")
    ] = Crops.detect,
    detector: Annotated[str, typer.Option(help="Face detector.")] = "centerface",
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Lowest score of a face that counts.")
    ] = 0.5,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Name the expressions that faces show; an expression shown is not an emotion felt.

    Exit code 2: a file that was named could not be read, or no picture of a folder could.
    """
    from cinemotion.flows.predicting.predict import predict as run

    with counting("pictures") as progress:
        answers = run(
            model,
            targets,
            crops=crops.value,
            detector=detector,
            min_score=min_score,
            progress=progress,
        )
        rows = list(answers)
    if json:
        print_json({"model": model, "predictions": rows})
    else:
        for row in rows:
            if "faces" in row:
                said = "; ".join(map(_said, row["faces"])) or "no face"
                typer.echo(f"{row['path']}: {said}")
    for row in rows:
        if "error" in row:
            typer.echo(f"cinemotion: {row['error']}", err=True)
    failed = {row["path"] for row in rows if "error" in row}
    named = any(str(target) in failed for target in targets)
    return 2 if named or all("error" in row for row in rows) else 0


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(predict)


def _said(face: dict[str, Any]) -> str:
    likely = sorted(face["probabilities"].items(), key=lambda entry: -entry[1])[:2]
    shares = ", ".join(f"{name} {share:.2f}" for name, share in likely)
    return f"{face['label']} ({shares})"
