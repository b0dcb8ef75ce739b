"""``cinemotion dedup``: of pictures that look the same, keep the best one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.core.errors import BadInputError

if TYPE_CHECKING:
    from cinemotion.dataset.dataset import Dataset
    from cinemotion.flows.curating.dedup import DedupReport, Embeddings, Twins


def dedup(
    dataset: Annotated[Path, typer.Argument(help="A dataset's folder.")],
    phash: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=10,
            metavar="BITS",
            help="Near twins differ in at most so many bits of pHash.  [default: 6]",
        ),
    ] = None,
    dhash: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            metavar="BITS",
            help="... and in at most so many bits of dHash.  [default: 10]",
        ),
    ] = None,
    per_track: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="K",
            help="Keep at most so many samples of a track, those that differ most.",
        ),
    ] = None,
    embedding: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Vectors that cinemotion features stored, to have the last word on near twins; "
            "needs --cosine.",
        ),
    ] = None,
    cosine: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=2,
            metavar="LIMIT",
            help="Greatest cosine distance of their vectors that near twins may have.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be rejected.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find exact and near twins and reject all but the best sample of each group."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.curating.dedup import Nearness
    from cinemotion.flows.curating.dedup import dedup as run

    opened = open_dataset(dataset)
    asked = {"phash": phash, "dhash": dhash}
    near = Nearness(**{name: bits for name, bits in asked.items() if bits is not None})
    embeddings = _embeddings(opened, embedding, cosine)
    with counting("pictures") as progress:
        report = run(
            opened,
            near=near,
            per_track=per_track,
            embeddings=embeddings,
            dry_run=dry_run,
            progress=progress,
        )
    if json:
        print_json(asdict(report) | {"dry_run": dry_run})
    else:
        _print(report, dry_run=dry_run)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command()(dedup)


def _embeddings(opened: Dataset, name: str | None, limit: float | None) -> Embeddings | None:
    """The vectors that the options ask for, if they do."""
    if name is None and limit is None:
        return None
    if name is None or limit is None:
        raise BadInputError(
            f"--{'embedding' if limit is None else 'cosine'} came alone; give both --embedding "
            "NAME and --cosine LIMIT, or neither"
        )
    from cinemotion.flows.curating.vectors import stored_embeddings

    return stored_embeddings(opened, name, limit)


def _print(report: DedupReport, *, dry_run: bool) -> None:
    if report.films:
        columns = ("title", "samples", "kept", "exact_twin", "near_twin", "track_limit")
        print_table(columns, [[film[name] for name in columns] for film in report.films])
    limits = f"pHash ≤ {report.settings['phash']}, dHash ≤ {report.settings['dhash']} bits"
    if "cosine" in report.settings:
        limits += f", cosine distance ≤ {report.settings['cosine']}"
    typer.echo(f"equal pixels: {_told(report.exact)}")
    typer.echo(f"near twins ({limits}): {_told(report.near)}")
    if report.settings["per_track"] is not None:
        typer.echo(f"over {report.settings['per_track']} of a track: {report.track_limit} samples")
    would = "would be kept; nothing was written" if dry_run else "kept"
    typer.echo(f"{report.kept} of {report.samples} samples {would}")


def _told(twins: Twins) -> str:
    text = f"{twins.copies} copies in {twins.groups} groups"
    return f"{text}, {twins.across_films} of them across films" if twins.across_films else text
