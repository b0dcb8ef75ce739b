"""``cinemotion export``: a frozen version as files that others' tools read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cinemotion.dataset.export.write import ExportReport

_MEGABYTE = 1024 * 1024


class Format(StrEnum):
    """For which tools."""

    folders = "folders"
    huggingface = "huggingface"
    webdataset = "webdataset"
    coco = "coco"
    parquet = "parquet"


def export(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    out: Annotated[Path, typer.Argument(help="The folder to write; new or empty.")],
    format: Annotated[Format, typer.Option(help="For which tools.")] = Format.folders,
    shard_mb: Annotated[
        int, typer.Option(min=1, help="Largest file of webdataset and huggingface, in MB.")
    ] = 256,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write a frozen version as class folders, or for other tools, with card and metadata."""
    from cinemotion.dataset.reference import need_version
    from cinemotion.flows.versions.export import export as run

    dataset, name = need_version(version)
    with counting("pictures") as progress:
        report = run(
            dataset,
            name,
            out,
            format=format.value,
            shard_bytes=shard_mb * _MEGABYTE,
            progress=progress,
        )
    if json:
        print_json(
            {
                "out": report.out,
                "format": report.format,
                "version": report.version,
                "counts": report.counts,
                "left_out": report.left_out,
                "made_png": report.made,
            }
        )
    else:
        _print_report(report)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(export)


def _print_report(report: ExportReport) -> None:
    classes = list(next(iter(report.counts.values())))
    rows = [
        [split, *counts.values(), sum(counts.values())] for split, counts in report.counts.items()
    ]
    print_table(["split", *classes, "all"], rows)
    if report.left_out:
        parts = (f"{count} {why}" for why, count in report.left_out.items())
        typer.echo(f"left out: {', '.join(parts)}")
    if report.made:
        typer.echo(f"{report.made} pictures were turned into PNG, so that every reader reads them")
    typer.echo(f"{report.format}: {report.out}")
