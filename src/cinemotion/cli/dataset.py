"""``cinemotion samples`` and ``sheet``: look into a dataset."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cinemotion.cli.output import print_json_lines, print_table

Folder = Annotated[Path, typer.Argument(help="A dataset's folder.")]

_QUALITY = ("sharpness", "exposure", "contrast", "size", "pose", "detector")


class Status(StrEnum):
    """Which samples."""

    kept = "kept"
    rejected = "rejected"
    all = "all"


def samples(
    dataset: Folder,
    status: Annotated[Status, typer.Option(help="Which samples.")] = Status.all,
    frames: Annotated[
        bool, typer.Option("--frames", help="List the frames looked at instead of the samples.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON document per line.")] = False,
) -> None:
    """List the samples of a dataset with their origin, quality, status and reason."""
    from cinemotion.dataset.dataset import open_dataset

    opened = open_dataset(dataset)
    if frames:
        rows = opened.frames().to_dicts()
        _print(rows, ["film", "pts", "seconds", "outcome", "same_as_pts", "samples"], json=json)
        return
    table = opened.samples()
    if status is not Status.all:
        table = table.filter(table["status"] == status.value)
    rows = [_sample(row) for row in table.iter_rows(named=True)]
    who = []
    if table["character"].count() and not json:
        who = ["who"]
        rows = [row | {"who": row["name"] or row["character"]} for row in rows]
    columns = ["id", "title", "shot", "track", *who, "frame", "seconds", "quality", "status"]
    _print(rows, [*columns, "reason"], json=json)


def sheet(
    dataset: Folder,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")],
    status: Annotated[Status, typer.Option(help="Which samples.")] = Status.all,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Crops in a row.")] = 12,
    limit: Annotated[int, typer.Option(min=1, help="At most so many crops.")] = 240,
) -> None:
    """Draw a contact sheet: kept crops framed green, rejected ones red with the reason."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.looking.sheet import write_sheet

    drawn, total = write_sheet(
        open_dataset(dataset), out, status=status.value, columns=columns, limit=limit
    )
    typer.echo(f"{drawn} of {total} crops drawn: {out}")


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    app.command()(samples)
    app.command()(sheet)


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    """A sample as users read it: one time base, points in pairs, scores together."""
    flat = dict(row)
    ticks = flat.pop("time_base_num"), flat.pop("time_base_den")
    time_base = None if None in ticks else f"{ticks[0]}/{ticks[1]}"
    scores = {name: flat.pop(name) for name in _QUALITY}
    for name in ("landmarks", "crop_landmarks"):
        points = flat[name]  # of what was imported, nobody knows them
        if points is not None:
            flat[name] = [list(pair) for pair in zip(points[::2], points[1::2], strict=True)]
    return flat | {"time_base": time_base, "scores": scores}


def _print(rows: list[dict[str, Any]], columns: list[str], *, json: bool) -> None:
    if json:
        print_json_lines(rows)
    else:
        print_table(columns, ([row[name] for name in columns] for row in rows))
