"""``cinemotion probe``, ``shots`` and ``detect``: look at films and images, write nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinemotion.cli.output import print_json, print_table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def probe(
    film: Annotated[Path, typer.Argument(help="A film file.")],
    json: Json = False,
) -> None:
    """Show what a film file is: codec, size, colour, rotation, times."""
    from cinemotion.flows.looking.look import describe_film

    facts = describe_film(film)
    if json:
        print_json(facts)
    else:
        for name, value in facts.items():
            typer.echo(f"{name:16} {'' if value is None else value}")


def shots(
    film: Annotated[Path, typer.Argument(help="A film file.")],
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0: none.  [default: all cores]")
    ] = None,
    json: Json = False,
) -> None:
    """Find the shots of a film: cuts, fades and dissolves, exact to the frame."""
    from cinemotion.flows.looking.look import film_shots, shot_document

    found, rows, errors = film_shots(film, workers=workers)
    if json:
        print_json(shot_document(film, rows, found.time_base) | {"errors": errors})
        return
    head = ["shot", "start", "end", "first frame", "last frame", "begins with"]
    print_table(
        head,
        (
            [i, s.start.seconds, s.end.seconds, s.start_frame, s.end_frame - 1, s.transition]
            for i, s in enumerate(rows)
        ),
    )
    if errors:
        typer.echo(f"{errors} pictures could not be decoded and were left out", err=True)


def detect(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    detector: Annotated[str, typer.Option(help="Face detector.")] = "centerface",
    min_score: Annotated[float, typer.Option(help="Lowest score that counts, 0 to 1.")] = 0.5,
    scales: Annotated[
        str, typer.Option(help="Input sizes relative to 512 px; 1,2 also finds small faces.")
    ] = "1",
    json: Json = False,
) -> int:
    """Find the faces in images: boxes, scores and five landmarks.

    Exits with 2 if any of the images cannot be read, after printing what the others show.
    """
    from cinemotion.flows.looking.look import detect_images
    from cinemotion.recipes import load_recipe

    overrides = {
        "faces.detector": detector,
        "faces.min_score": min_score,
        "faces.scales": scales.split(","),
    }
    settings = load_recipe(None, overrides).faces
    rows = detect_images(images, settings)
    if json:
        print_json({"detector": detector, "images": rows})
    else:
        for row in rows:
            if "error" not in row:
                boxes = (" ".join(f"{v:.0f}" for v in face["box"]) for face in row["faces"])
                typer.echo(f"{row['path']}: {len(row['faces'])} faces  " + "; ".join(boxes))
    for row in rows:
        if "error" in row:
            typer.echo(f"cinemotion: {row['error']}", err=True)
    return 2 if any("error" in row for row in rows) else 0


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    for command in (probe, shots, detect):
        app.command()(command)
