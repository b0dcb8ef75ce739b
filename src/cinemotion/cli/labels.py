"""``cinemotion labels``: take in what people say about samples, and see where they disagree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_json_lines, print_table
from cinemotion.core.errors import BadInputError

if TYPE_CHECKING:
    from cinemotion.flows.labelling.annotate import Intake
    from cinemotion.flows.labelling.from_clusters import ClusterLabels

Dataset = Annotated[Path, typer.Argument(help="A dataset's folder.")]
Annotator = Annotated[str, typer.Option(help="Who says so.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def import_(
    file: Annotated[
        Path, typer.Argument(help="Votes (.csv), or time ranges (.csv, .eaf, .srt, .vtt).")
    ],
    dataset: Dataset,
    film: Annotated[
        str | None,
        typer.Option(help="The film that ranges are about: id, title or file name."),
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(help="Who says so, in place of whom the file names.")
    ] = None,
    frames: Annotated[
        bool, typer.Option("--frames", help="Plain numbers are frames from 0, not seconds.")
    ] = False,
    json: Json = False,
) -> None:
    """Add the votes or time ranges of a file: all of them, or none."""
    from cinemotion.flows.labelling.annotate import import_labels

    intake = import_labels(dataset, file, film=film, annotator=annotator, frames=frames)
    _report(intake, json=json)


def add(
    dataset: Dataset,
    sample: Annotated[str, typer.Argument(help="A sample's id, or the beginning of it.")],
    label: Annotated[str, typer.Argument(help="A class, unknown, not_a_face or unlabelled.")],
    annotator: Annotator = "human",
    json: Json = False,
) -> None:
    """Add one vote; unlabelled takes back what the annotator said before."""
    from cinemotion.flows.labelling.annotate import add_vote

    _report(add_vote(dataset, sample, label, annotator=annotator), json=json)


def export_folder(
    dataset: Dataset,
    out: Annotated[Path, typer.Argument(help="The folder to write; new or empty.")],
    json: Json = False,
) -> None:
    """Write the kept samples into class folders, to sort them by hand."""
    from cinemotion.flows.labelling.sorting import export_folder as export

    with counting("samples") as progress:
        counts = export(dataset, out, progress=progress)
    if json:
        print_json({"folder": out, "samples": counts})
        return
    print_table(["folder", "samples"], counts.items())
    typer.echo(
        "move files between the folders, then: "
        f"cinemotion labels import-folder {out} {dataset} --annotator NAME"
    )


def import_folder(
    folder: Annotated[Path, typer.Argument(help="A folder that export-folder wrote.")],
    dataset: Dataset,
    annotator: Annotated[str, typer.Option(help="Who sorted it.")],
    all: Annotated[
        bool, typer.Option("--all", help="Files left where they were are votes too.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn what was moved between class folders into votes."""
    from cinemotion.flows.labelling.sorting import import_folder as take_back

    done = take_back(dataset, folder, annotator=annotator, everything=all)
    if json:
        facts = {"files": done.files, "moved": done.moved, "added": done.added}
        print_json(facts | {"notices": done.notices})
        return
    typer.echo(f"{done.files} files, {done.moved} of them moved; {done.added} votes added")
    _notice(done.notices)


def from_clusters(
    dataset: Dataset,
    clustering: Annotated[
        str, typer.Argument(help="Its id, or the start of it, as cinemotion cluster prints it.")
    ],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[CHOICES.csv]", help="The table, filled in: cluster,size,label."),
    ] = None,
    choices: Annotated[
        Path | None,
        typer.Option(metavar="CHOICES.csv", help="Write the table to fill in; a new file."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be added.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn labels of whole clusters into a model's votes on their samples."""
    from cinemotion.flows.labelling.from_clusters import label_clusters, list_clusters

    if (file is None) == (choices is None):
        raise BadInputError("give the table that is filled in, or --choices FILE.csv to get one")
    if file is not None:
        _report_clusters(label_clusters(dataset, clustering, file, dry_run=dry_run), json, dry_run)
        return
    assert choices is not None
    count = list_clusters(dataset, clustering, choices)
    if json:
        print_json({"choices": choices, "clusters": count})
        return
    typer.echo(f"{choices}: {count} clusters; fill in the column label, leave others empty, then:")
    typer.echo(f"cinemotion labels from-clusters {dataset} {clustering} {choices}")


def suggest(
    dataset: Dataset,
    model: Annotated[
        str, typer.Option(help="A model's folder, or a shipped one's name.")
    ] = "compact-v1",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be added.")
    ] = False,
    json: Json = False,
) -> None:
    """Let a model vote; what people say outranks it."""
    from cinemotion.flows.labelling.suggest import suggest_labels

    with counting("samples") as progress:
        found = suggest_labels(dataset, model, dry_run=dry_run, progress=progress)
    if json:
        print_json(asdict(found) | {"dry_run": dry_run})
        return
    rows = [*found.labelled.items(), ("unknown", found.unknown)]
    print_table(["suggested", "samples"], rows)
    done = "would be added" if dry_run else "added"
    typer.echo(f"{found.added} votes {done} in the name of {found.annotator}")
    for id, reason in found.failed.items():
        typer.echo(f"failed: {id}: {reason}", err=True)


def list_(
    dataset: Dataset,
    ranges: Annotated[
        bool, typer.Option("--ranges", help="List the time ranges and what they reach.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON document per line.")] = False,
) -> None:
    """List the labelled samples: label, shares and who voted; or the time ranges."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.labelling.annotate import list_labels, list_ranges

    opened = open_dataset(dataset)
    rows = list_ranges(opened) if ranges else list_labels(opened)
    if json:
        print_json_lines(rows)
    elif ranges:
        head = ["film", "start", "end", "unit", "label", "character", "annotator"]
        head += ["samples", "ambiguous", "note"]
        print_table(head, ([row[name] for name in head] for row in rows))
    else:
        print_table(
            ["id", "label", "shares", "annotators"],
            ([row["id"], row["label"], _shares(row), ", ".join(row["annotators"])] for row in rows),
        )


def agreement(dataset: Dataset, json: Json = False) -> None:
    """Show how far annotators agree beyond chance, overall and per class."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.labelling.disputes import agreement as measure

    report = measure(open_dataset(dataset))
    if json:
        print_json(report)
        return
    print_table(
        ["annotator", "samples", "votes"],
        ([row["annotator"], row["samples"], row["votes"]] for row in report["annotators"]),
    )
    everybody = [
        ("Fleiss' kappa", report["fleiss"]["kappa"], report["fleiss"]),
        ("Krippendorff's alpha", report["krippendorff"]["alpha"], report["krippendorff"]),
    ]
    pairs = [
        (f"Cohen's kappa: {row['first']}, {row['second']}", row["kappa"], row)
        for row in report["cohen"]
    ]
    typer.echo("")
    print_table(
        ["agreement", "samples", "overall", *report["labels"]],
        (
            [name, row["samples"], value, *row["classes"].values()]
            for name, value, row in everybody + pairs
        ),
    )


def conflicts(
    dataset: Dataset,
    top: Annotated[int, typer.Option(min=1, help="At most so many of each kind.")] = 20,
    json: Json = False,
) -> None:
    """List the samples most disputed, and duplicates that carry different labels."""
    from cinemotion.dataset.dataset import open_dataset
    from cinemotion.flows.labelling.disputes import conflicts as find

    found = find(open_dataset(dataset), top=top)
    if json:
        print_json(found)
        return
    typer.echo("samples most disputed")
    print_table(
        ["id", "bits", "label", "shares"],
        (
            [row["id"], row["entropy"], row["label"] or "(tie)", _shares(row)]
            for row in found["samples"] or ()
        ),
    )
    if found["duplicates"] is None:
        _notice([f"duplicates are not known yet; run: cinemotion dedup {dataset}"])
        return
    typer.echo("\nduplicates that carry different labels")
    print_table(
        ["keeper", "label", "members"],
        (
            [
                row["keeper"],
                row["label"] or "(tie)",
                ", ".join(f"{member['id'][:8]}… {member['label']}" for member in row["members"]),
            ]
            for row in found["duplicates"]
        ),
    )


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app, as one group."""
    group = typer.Typer(
        name="labels",
        help="Take in labels as votes, and see where annotators disagree.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("import")(import_)
    group.command()(add)
    group.command("export-folder")(export_folder)
    group.command("import-folder")(import_folder)
    group.command("from-clusters")(from_clusters)
    group.command()(suggest)
    group.command("list")(list_)
    group.command()(agreement)
    group.command()(conflicts)
    app.add_typer(group)


def _report(intake: Intake, *, json: bool) -> None:
    facts: dict[str, Any] = {"kind": intake.kind, "added": intake.added, "known": intake.known}
    if intake.kind == "ranges":
        facts["samples"] = sum(reach.samples for reach in intake.reaches)
    if json:
        print_json(facts | {"notices": intake.notices})
        return
    line = f"{intake.added} {intake.kind} added, {intake.known} stood already"
    if intake.kind == "ranges":
        line += f"; they reach {facts['samples']} samples so far"
    typer.echo(line)
    _notice(intake.notices)


def _report_clusters(done: ClusterLabels, json: bool, dry_run: bool) -> None:
    if json:
        print_json(asdict(done) | {"dry_run": dry_run})
        return
    head = ["cluster", "label", "confidence", "samples"]
    print_table(head, ([row[name] for name in head] for row in done.rows))
    would = "would be added" if dry_run else "added"
    typer.echo(f"{done.added} votes {would} for {done.annotator}, {done.known} stood already")
    _notice(done.notices)


def _notice(notices: list[str]) -> None:
    for line in notices:
        typer.echo(f"notice: {line}", err=True)


def _shares(row: dict[str, Any]) -> str:
    return ", ".join(f"{part['label']} {part['share']:.2f}" for part in row["distribution"])
