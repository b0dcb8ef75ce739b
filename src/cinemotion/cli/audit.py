"""``cinemotion audit`` and ``stats``: what a data set holds, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.core.writing import check_place

if TYPE_CHECKING:
    from cinemotion.flows.auditing.report import AuditReport

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Page = Annotated[
    Path | None,
    typer.Option("--report", metavar="OUT.html", help="Also write a self-contained HTML page."),
]

_LISTED = 10  # unreadable files named in the terminal


def audit(
    targets: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER_OR_DATASET...",
            help="A folder with train, val and test folders, a zip or tar of it, a FER2013 CSV, "
            "Parquet files, a dataset, or DATASET@VERSION.",
        ),
    ],
    phash: Annotated[
        int | None,
        typer.Option(min=0, max=10, help="Near twins: at most so many bits of pHash apart."),
    ] = None,
    dhash: Annotated[
        int | None,
        typer.Option(min=0, max=64, help="Near twins: at most so many bits of dHash apart."),
    ] = None,
    pairs: Annotated[
        int, typer.Option(min=0, help="Name and show at most so many pairs of each sort.")
    ] = 24,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if twins lie in more than one part.")
    ] = False,
    report: Page = None,
    json: Json = False,
) -> int:
    """Look for leaks, label conflicts and unreadable files in any split data set."""
    from cinemotion.flows.auditing.audit import Nearness
    from cinemotion.flows.auditing.audit import audit as run

    asked = {"phash": phash, "dhash": dhash}
    if report is not None:
        check_place(report)
    near = Nearness(**{name: bits for name, bits in asked.items() if bits is not None})
    with counting("pictures") as progress:
        found = run(targets, near=near, pairs=pairs, progress=progress)
    if report is not None:
        from cinemotion.flows.auditing.audit_page import write_audit

        write_audit(found, targets, report)
    if json:
        print_json(found.document())
    else:
        _print_audit(found)
        if report is not None:
            typer.echo(f"page: {report}")
    return 1 if strict and found.leaks else 0


def stats(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder, or DATASET@VERSION.")],
    report: Page = None,
    json: Json = False,
) -> None:
    """Count what a dataset holds: per film, class, split and reason; twins, tracks, votes."""
    from cinemotion.flows.auditing.stats import describe
    from cinemotion.flows.auditing.subject import open_subject

    if report is not None:
        check_place(report)
    subject = open_subject(dataset)
    figures = describe(subject)
    if report is not None:
        from cinemotion.flows.auditing.stats_page import write_stats

        write_stats(subject, figures, report)
    if json:
        print_json(figures)
        return
    _print_stats(figures)
    if report is not None:
        typer.echo(f"page: {report}")


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    app.command()(audit)
    app.command()(stats)


def _print_audit(found: AuditReport) -> None:
    from cinemotion.flows.auditing.audit_page import judge_words

    verdict = judge_words(found)
    typer.echo(f"{found.target} ({found.kind}): {verdict.figure} {verdict.lines[0]}")
    for line in verdict.lines[1:]:
        typer.echo(line)
    typer.echo("")
    keys = [name for name in found.exact if name != "test_images"]
    rows = [[name.replace("_", " "), found.exact[name], found.near[name]] for name in keys]
    print_table(["twins", "exact", "exact or near"], rows)
    if found.stakes:
        typer.echo("")
        head = [
            "pictures of",
            "with a twin in",
            "pictures",
            "exact",
            "%",
            "near",
            "%",
            "same label",
        ]
        print_table(head, [_stake_row(stake) for stake in found.stakes])
    typer.echo("")
    names = [part.name for part in found.parts]
    counts = [
        [name or "(no label)", *(part.classes.get(name, 0) for part in found.parts)]
        for name in (*found.classes, None)
        if name or any(None in part.classes for part in found.parts)
    ]
    unreadable = ["(unreadable)", *(part.unreadable for part in found.parts)]
    print_table(["class", *names], [*counts, *([unreadable] if found.unreadable else [])])
    for row in found.unreadable[:_LISTED]:
        typer.echo(f"unreadable: {row.name}: {row.reason}")
    if (more := len(found.unreadable) - _LISTED) > 0:
        typer.echo(f"… and {more} more (--json lists them all)")


def _stake_row(stake: Any) -> list[Any]:
    shares = [f"{100 * stake.share(kind):.1f}" for kind in ("exact", "near")]
    return [
        *(stake.part, stake.known, stake.pictures),
        *(stake.exact, shares[0], stake.near, shares[1], stake.same_label),
    ]


def _print_stats(figures: dict[str, Any]) -> None:
    counts = figures["samples"]
    states = ", ".join(f"{n} {name}" for name, n in counts.items() if name != "total")
    version = figures["version"]
    name = (
        f"version {version['id'][:12]} of {figures['dataset']}" if version else figures["dataset"]
    )
    typer.echo(f"{name}: {counts['total']} samples ({states or 'none'})\n")
    splits = [row["split"] for row in figures["splits"] if row["split"] is not None]
    rows = [
        [row["label"] or "(no label)", row["kept"], *(row["splits"][name] for name in splits)]
        for row in figures["classes"]
    ]
    print_table(["class", "kept", *splits], rows)
    columns = ["origin", "samples", "kept", "labelled", "shots", "tracks"]
    _print_rows("film or import", columns, figures["origins"])
    _print_rows("reason", ["reason", "samples"], _named(figures["reasons"], "reason", "samples"))
    sizes = [{"level": level} | row for level, row in figures["levels"].items() if row["groups"]]
    columns = ["level", "groups", "samples", "smallest", "median", "largest"]
    _print_rows("groups of", columns, sizes)
    twins = [{"kind": kind} | row for kind, row in figures["duplicates"].items()]
    _print_rows(
        "twins", [name for name in ("kind", "groups", "rejected") if name in twins[0]], twins
    )
    columns = ["annotator", "source", "samples", "votes"]
    _print_rows("annotator", columns, figures["votes"]["annotators"])


def _named(counts: dict[str, int], name: str, number: str) -> list[dict[str, Any]]:
    return [{name: key, number: value} for key, value in counts.items()]


def _print_rows(title: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
    """A table below a blank line, if there is anything in it; its first column has a title."""
    if rows:
        typer.echo("")
        print_table([title, *columns[1:]], [[row[name] for name in columns] for row in rows])
