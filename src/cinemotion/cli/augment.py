"""``cinemotion augment``: class folders with changed copies of the training pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cinemotion.flows.augmenting.augment import AugmentReport


class Policy(StrEnum):
    """Which changes."""

    light = "light"
    film = "film"
    strong = "strong"
    brief = "brief"
    none = "none"


def augment(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    out: Annotated[Path, typer.Option(help="The folder to write; new or empty.")],
    policy: Annotated[Policy, typer.Option(help="Which changes.")] = Policy.light,
    copies: Annotated[int, typer.Option(min=1, help="Of each training picture.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is left to chance.")] = 0,
    size: Annotated[
        int | None, typer.Option(min=8, metavar="PX", help="Side of the copies in pixels.")
    ] = None,
    train: Annotated[
        str, typer.Option(metavar="SIDES", help="The sides to enlarge, such as fold0,fold1.")
    ] = "train",
    sheet: Annotated[
        Path | None, typer.Option(help="Draw some originals and their copies as a PNG file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Enlarge the training side by changed copies; no other side is touched."""
    from cinemotion.flows.augmenting.augment import augment as run
    from cinemotion.flows.augmenting.settings import AugmentSettings

    sides = tuple(dict.fromkeys(side.strip() for side in train.split(",") if side.strip()))
    settings = AugmentSettings(policy.value, copies, seed, size, sides)
    with counting("pictures") as progress:
        report = run(version, out, settings, sheet=sheet, progress=progress)
    if json:
        print_json(
            {
                "out": report.out,
                "version": report.version,
                "policy": policy.value,
                "copies": copies,
                "seed": seed,
                "size": size,
                "train": sides,
                "counts": report.counts,
                "added": report.added,
                "left_out": report.left_out,
                "made_png": report.made,
                "sheet": sheet,
            }
        )
    else:
        _print_report(report, sheet)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(augment)


def _print_report(report: AugmentReport, sheet: Path | None) -> None:
    rows = []
    for split, counts in report.counts.items():
        rows.append([split, *counts.values(), sum(counts.values())])
        if added := report.added.get(split):
            rows.append([f"{split}, copies", *added.values(), sum(added.values())])
    print_table(["split", *next(iter(report.counts.values())), "all"], rows)
    if report.left_out:
        parts = (f"{count} {why}" for why, count in report.left_out.items())
        typer.echo(f"left out: {', '.join(parts)}")
    if report.made:
        typer.echo(f"{report.made} pictures were turned into PNG, so that every reader reads them")
    if sheet is not None:
        typer.echo(f"preview: {sheet}")
    typer.echo(f"{report.settings.policy}: {report.out}")
