"""``cinemotion responses``: what the filters of a network see in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinemotion.cli.output import print_json, print_table


def responses(
    image: Annotated[Path, typer.Argument(help="A picture file.")],
    out: Annotated[
        Path, typer.Option(metavar="OUT.png", help="The figure to write, .png or .svg.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL.npz", help="A network that numpynet saved.  [default: classic]"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Draw the filter responses to a picture, layer by layer."""
    from cinemotion.flows.clustering.responses import write_responses

    layers = write_responses(image, out, model=model)
    if json:
        print_json({"out": out, "layers": layers})
        return
    print_table(
        ["layer", "height", "width", "maps"],
        ([row["name"], row["height"], row["width"], row["maps"]] for row in layers),
    )
    typer.echo(f"figure: {out}")


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(responses)
