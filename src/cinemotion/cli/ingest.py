"""``cinemotion import``: pictures that somebody else cut become samples of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cinemotion.flows.importing.ingest import ImportReport

_LISTED = 5  # names of a sort that are printed


def import_source(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder, zip or tar of class folders, a zip of class zips, a FER2013 or FER+ "
            "CSV, Parquet files, or an imagefolder with metadata."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The dataset's folder; an existing one is added to.")],
    name: Annotated[
        str | None,
        typer.Option(help="The source's name, part of its samples' identity.  [default: SOURCE's]"),
    ] = None,
    rights: Annotated[
        str | None, typer.Option(help="A note on licence and rights, kept with the source.")
    ] = None,
    class_map: Annotated[
        list[str] | None,
        typer.Option(help="joy=happy, or a .csv or .toml file of such pairs; may be repeated."),
    ] = None,
    group_pattern: Annotated[
        str,
        typer.Option(
            help="Regular expression on names with groups film, scene, character, clip, track, "
            "frame; auto guesses it, none uses none."
        ),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import labelled pictures into a dataset; unreadable ones become rows with a reason."""
    from cinemotion.dataset.sources.classes import read_class_map
    from cinemotion.flows.importing.ingest import import_dataset

    mapping = read_class_map(class_map or [])
    with counting("pictures") as progress:
        report = import_dataset(
            source,
            out,
            name=name,
            rights=rights,
            class_map=mapping,
            group_pattern=group_pattern,
            progress=progress,
        )
    if json:
        print_json(_document(report))
    else:
        _print_report(report)


def register(app: typer.Typer) -> None:
    """Add this file's command to the app."""
    app.command("import")(import_source)


def _document(report: ImportReport) -> dict[str, Any]:
    grouping, coverage = report.grouping, report.coverage
    groups = None
    if grouping and coverage:
        groups = {
            "pattern": grouping.pattern.pattern,
            "guessed": grouping.guessed,
            "matched": coverage.matched,
            "values": coverage.values,
            "examples": dict(coverage.examples),
        }
    names = ("name", "kind", "status", "members", "added", "unreadable", "reasons", "votes")
    return {
        "dataset": report.out,
        **{name: getattr(report, name) for name in names},
        "classes": report.classes,
        "class_names": report.names,
        "kept_as_they_are": list(report.kept),
        "left_out": report.left_out,
        "groups": groups,
        "notices": report.notices,
    }


def _print_report(report: ImportReport) -> None:
    said = {
        "imported": f"{report.added} samples",
        "continued": f"{report.added} samples, going on where a run was stopped",
        "grown": f"{report.added} new samples, the others were there",
        "noted": "no new samples, it was imported before",
        "known": "nothing to do, it was imported before",
    }
    what = f"{report.name} ({report.kind})"
    if report.kind == "ferplus" and report.status not in ("known", "noted"):
        typer.echo(f"{what}: {report.votes} votes of {report.members} rows")
    else:
        typer.echo(f"{what}: {said[report.status]}")
    if report.classes:
        print_table(["class", "samples"], report.classes.items())
    _print_notes(report)
    typer.echo(f"dataset: {report.out}")


def _print_notes(report: ImportReport) -> None:
    if report.unreadable:
        typer.echo(f"{report.unreadable} unreadable, kept as rejected rows with the reason")
        for member, reason in list(report.reasons.items())[:_LISTED]:
            typer.echo(f"  {member}: {reason}")
    if report.kept:
        typer.echo(
            f"classes that are no pinned emotion, kept: {_spelled(report.kept)} "
            "(--class-map NAME=LABEL turns one into another)"
        )
    if report.left_out:
        first = ", ".join(report.left_out[:_LISTED])
        typer.echo(f"{len(report.left_out)} files that are no pictures were left out: {first}")
    if report.status not in ("known", "noted"):
        _print_groups(report)
    for notice in report.notices:
        typer.echo(notice)


def _spelled(kept: dict[str, list[str]]) -> str:
    """How classes are written from now on: ``my-class as my_class``, or the label alone."""
    said = []
    for label, names in kept.items():
        came = ", ".join(name if name.isprintable() else repr(name) for name in names)
        said.append(label if names == [label] else f"{came} as {label}")
    return "; ".join(said)


def _print_groups(report: ImportReport) -> None:
    """What the pattern made of the names, with examples."""
    grouping, coverage = report.grouping, report.coverage
    if grouping is None or coverage is None:
        return
    values = ", ".join(f"{count} {level}s" for level, count in coverage.values.items())
    how = "guessed from names; --group-pattern none turns it off" if grouping.guessed else "asked"
    fit = f"{coverage.matched} of {coverage.names} names fit"
    typer.echo(f"groups ({how}): {values or 'frames'}, {fit}")
    for name, found in coverage.examples:
        typer.echo(f"  {name}: " + ", ".join(f"{key} {value}" for key, value in found.items()))
    if coverage.unmatched is not None:
        typer.echo(f"  {coverage.unmatched}: no group")
