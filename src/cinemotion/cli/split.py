"""``cinemotion split``: sides that share no film, scene, shot or twin."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.core.errors import BadInputError

if TYPE_CHECKING:
    from cinemotion.flows.splitting.report import SplitReport


class Group(StrEnum):
    """What must stay together."""

    film = "film"
    scene = "scene"
    character = "character"
    shot = "shot"
    track = "track"
    auto = "auto"


def split(
    dataset: Annotated[Path, typer.Argument(help="A dataset's folder.")],
    ratios: Annotated[
        str, typer.Option(metavar="A/B/C", help="Percent of train/val/test; they add up to 100.")
    ] = "70/20/10",
    group: Annotated[
        Group,
        typer.Option(help="What stays together; auto: the coarsest that allows the ratios."),
    ] = Group.auto,
    folds: Annotated[
        int | None, typer.Option(min=2, help="So many equal folds instead, fold0 and so on.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of choices among equals.")] = 0,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="How far off the ratios auto lets a level be.")
    ] = 0.05,
    rebalance: Annotated[
        bool, typer.Option("--rebalance", help="Place everything anew; else old groups stay.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Give every kept sample a side; no group and no twin is on two of them."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.splitting.split import split as run

    with counting("fingerprints") as progress:
        report = run(
            open_dataset(dataset),
            ratios=_numbers(ratios),
            group=group.value,
            folds=folds,
            seed=seed,
            tolerance=tolerance,
            rebalance=rebalance,
            progress=progress,
        )
    if json:
        print_json(report.as_json())
        return
    _print(report)
    for warning in report.warnings:
        typer.echo(f"notice: {warning}", err=True)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(split)


def _numbers(ratios: str) -> list[float]:
    try:
        return [float(part) for part in ratios.split("/")]
    except ValueError:
        raise BadInputError(
            f"--ratios takes percent of train/val/test, as in 70/20/10; got {ratios!r}"
        ) from None


def _print(report: SplitReport) -> None:
    level = report.level or "no level"
    typer.echo(f"by {level}: {report.samples} samples in {report.groups} groups")
    for entry in report.refused:
        typer.echo(f"not by {entry['level']}: {entry['why']}")
    head = ["class", *(part for side in report.sides for part in (side, "%")), "groups", "off %"]
    print_table(head, map(_row, report.columns))
    largest = report.largest
    typer.echo(
        f"deviation {report.deviation:.4f}, no split of these groups is below {report.bound:.4f} "
        f"({report.method}{', optimal' if report.optimal else ''})\n"
        f"largest group {largest['key']}: {largest['samples']} samples, {largest['share']:.1%}; "
        f"tied by twins: {report.tied} groups\n"
        f"groups with the side they had: {report.stayed}, placed now: {report.placed}; samples "
        f"moved: {report.moved}, rejected as bridges: {len(report.bridged)}"
    )


def _row(column: dict[str, Any]) -> list[Any]:
    total = max(1, column["total"])
    cells = [
        cell
        for side in column["sides"].values()
        for cell in (side["got"], f"{100 * side['got'] / total:.1f}")
    ]
    return [column["class"] or "all", *cells, column["groups"], f"{100 * column['deviation']:.2f}"]
