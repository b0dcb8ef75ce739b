"""``cinemotion features``: a vector for every picture of a version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json

if TYPE_CHECKING:
    from cinemotion.flows.clustering.features import FeaturesReport

_LISTED = 10  # failed samples named in the terminal


def features(
    version: Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")],
    spec: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="NAME[:ARGUMENT]",
            help="classic, classic:flat, hog, lbp, pixels, numpynet:MODEL.npz, "
            "keras:MODEL.keras or onnx:MODEL.onnx; see docs/features.md.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="OUT.parquet|OUT.npz", help="Also write them into this file."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Pictures that are computed at once.")] = 64,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compute a vector for each kept sample and keep it in the dataset; only what is missing."""
    from cinemotion.flows.clustering.features import extract

    with counting("pictures") as progress:
        report = extract(version, spec, out=out, batch=batch, progress=progress)
    if json:
        names = ("id", "name", "dimensions", "samples", "computed", "reused", "failed")
        print_json({name: getattr(report, name) for name in names})
        return
    _print(report)
    if out is not None:
        typer.echo(f"file: {out}")


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(features)


def _print(report: FeaturesReport) -> None:
    typer.echo(
        f"{report.name} ({report.id}): {report.computed + report.reused} samples have "
        f"{report.dimensions} numbers each; {report.computed} computed, {report.reused} reused, "
        f"{len(report.failed)} failed"
    )
    for id, reason in list(report.failed.items())[:_LISTED]:
        typer.echo(f"failed: {id}: {reason}")
    if (more := len(report.failed) - _LISTED) > 0:
        typer.echo(f"… and {more} more (--json lists them all)")
