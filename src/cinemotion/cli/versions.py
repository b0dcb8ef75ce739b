"""``cinemotion freeze``, ``versions``, ``show``, ``diff``, ``checkout`` and ``forget``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.core.errors import BadInputError

Folder = Annotated[Path, typer.Argument(help="A dataset's folder.")]
Frozen = Annotated[str, typer.Argument(metavar="DATASET@VERSION", help="A frozen version.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def freeze(
    dataset: Folder,
    tag: Annotated[str, typer.Option(help="The version's name, for instance v1.")],
    message: Annotated[str, typer.Option(help="A note, kept beside the tag.")] = "",
    classes: Annotated[
        str | None,
        typer.Option(help="The classes in their order, with commas; else those present."),
    ] = None,
    annotator: Annotated[
        list[str] | None, typer.Option(help="Count the votes of these only; may be repeated.")
    ] = None,
    weigh: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=WEIGHT", help="What a vote of an annotator weighs; else 1."),
    ] = None,
    allow_leakage: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Freeze though something leaks; the reason stays on record."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Freeze the dataset into a version that never changes, with a proof that nothing leaks."""
    from cinemotion.flows.versions.freeze import freeze as run

    with counting("fingerprints") as progress:
        version = run(
            dataset,
            tag=tag,
            message=message,
            classes=None if classes is None else _names(classes),
            annotators=annotator,
            weights=_weights(weigh or []),
            allow_leakage=allow_leakage,
            progress=progress,
        )
    record = version.record
    if not record["proof"]["holds"]:
        _warn(record)
    if json:
        print_json({"id": version.id, "tag": tag, "message": message} | _brief(record))
        return
    typer.echo(f"{tag} {version.id}")
    _print_counts(record)


def versions(dataset: Folder, json: Json = False) -> None:
    """List the frozen versions, the oldest first."""
    from cinemotion.flows.versions.history import list_versions

    rows = list_versions(dataset)
    if json:
        print_json({"versions": rows})
        return
    print_table(
        ["tags", "id", "parent", "kept", "classes", "notes"],
        [
            [
                ", ".join(row["tags"]),
                row["id"][:12],
                (row["parent"] or "")[:12],
                row["kept"],
                row["classes"],
                _notes(row),
            ]
            for row in rows
        ],
    )


def show(version: Frozen, json: Json = False) -> None:
    """Show a version's record: counts, classes, rights, and the proof that nothing leaks."""
    from cinemotion.dataset.reference import need_version
    from cinemotion.dataset.versions import open_version

    opened = open_version(*need_version(version))
    if json:
        print_json(opened.record | {"tags": opened.tags})
        return
    record = opened.record
    typer.echo(f"{', '.join(opened.tags)} {opened.id}".strip())
    typer.echo(f"parent   {record['parent'] or 'none'}")
    if record["redacted"]:
        typer.echo(f"redacted, {record['redacted']} samples")
    if record["allowed_leakage"] is not None:
        typer.echo(f"LEAKS, and was allowed to: {record['allowed_leakage']}")
    _print_counts(record)
    _print_proof(record["proof"])
    _print_rights(record)


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="DATASET@VERSION, or DATASET.")],
    second: Annotated[str, typer.Argument(metavar="B", help="DATASET@VERSION, or VERSION.")],
    third: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="The second of two versions.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what differs between two versions: DATASET@v1 DATASET@v2, or DATASET v1 v2."""
    from cinemotion.dataset.reference import need_version
    from cinemotion.dataset.versions import open_version
    from cinemotion.flows.versions.diff import CHANGES
    from cinemotion.flows.versions.diff import diff as run

    if third is not None:
        pair = (open_version(first, second), open_version(first, third))
    else:
        pair = (open_version(*need_version(first)), open_version(*need_version(second)))
    found = run(*pair)
    if json:
        print_json(found)
        return
    for name in CHANGES:
        steps = found[name].get("from_to", {})
        detail = ", ".join(f"{step}: {count}" for step, count in steps.items())
        typer.echo(f"{name:11} {found[name]['count']:8}  {detail}".rstrip())
        for id in found[name]["ids"][:5]:
            typer.echo(f"  {id}")
        if found[name]["count"] > 5:
            typer.echo("  …")
    for name in ("classes", "recipe"):
        if found[name] is not None:
            typer.echo(f"{name:11}  {found[name]['a']} → {found[name]['b']}")


def checkout(version: Frozen, json: Json = False) -> None:
    """Make a version's split the working one, and the version the parent of the next."""
    from cinemotion.dataset.reference import need_version
    from cinemotion.flows.versions.history import checkout as run

    opened = run(*need_version(version))
    if json:
        print_json({"id": opened.id, "tags": opened.tags})
        return
    typer.echo(f"the split of {opened.id[:12]} is the working split; the next version follows it")


def forget(
    dataset: Folder,
    film: Annotated[
        str, typer.Argument(help="A film's id, title or file name, or the name of an import.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Remove a film or an import from the disk for good; frozen versions keep its ids alone."""
    from cinemotion.flows.versions.forget import forget as run
    from cinemotion.flows.versions.forget import plan_forgetting

    plan = plan_forgetting(dataset, film)
    if not yes:
        if not sys.stdin.isatty():
            raise BadInputError(
                f"forgetting {film!r} would remove {len(plan.samples)} samples for good; "
                "add --yes if that is meant"
            )
        typer.confirm(f"Remove {len(plan.samples)} samples of {film!r} for good?", abort=True)
    done = run(dataset, film)
    if json:
        print_json(
            {
                "asked": done.asked,
                "films": done.films,
                "sources": done.sources,
                "samples": len(done.samples),
                "votes": done.votes,
                "versions": done.versions,
            }
        )
        return
    typer.echo(f"{done.asked}: {len(done.samples)} samples and {done.votes} votes are gone")
    for id, count in done.versions.items():
        typer.echo(f"version {id[:12]}: redacted, {count} samples")


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    for command in (freeze, versions, show, diff, checkout, forget):
        app.command()(command)


def _weights(given: list[str]) -> dict[str, float]:
    weights = {}
    for entry in given:
        name, _, weight = entry.rpartition("=")
        try:
            weights[name] = float(weight)
        except ValueError:
            name = ""
        if not name:
            raise BadInputError(f"--weigh takes NAME=WEIGHT, as in fer2013=5; got {entry!r}")
    return weights


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _brief(record: dict[str, Any]) -> dict[str, Any]:
    """What a program wants to know at once; `show` has the rest."""
    names = ("parent", "classes", "counts", "statuses", "votes", "allowed_leakage")
    proof = {name: record["proof"][name] for name in ("holds", "levels", "leaks")}
    return {name: record[name] for name in names} | {"proof": proof}


def _warn(record: dict[str, Any]) -> None:
    kinds = ", ".join(f"{leak['count']} × {leak['kind']}" for leak in record["proof"]["leaks"])
    typer.echo(
        f"WARNING: this version LEAKS ({kinds}). Results measured on it are not to be trusted. "
        f"Its record says why it was allowed: {record['allowed_leakage']}",
        err=True,
    )


def _notes(row: dict[str, Any]) -> str:
    notes = ["HEAD"] if row["head"] else []
    if row["redacted"]:
        notes.append(f"redacted, {row['redacted']} samples")
    if row["leakage"] is not None:
        notes.append(f"LEAKS: {row['leakage']}")
    notes += [message for message in row["messages"].values() if message]
    return "; ".join(notes)


def _print_counts(record: dict[str, Any]) -> None:
    counts = record["counts"]
    columns = [*record["labels"], "none"]
    rows = [[split, *(row.get(label, 0) for label in columns)] for split, row in counts.items()]
    print_table(["split", *columns], rows)
    rejected = record["statuses"]["rejected"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in rejected.items()) or "none"
    typer.echo(f"kept {record['statuses']['kept']}; rejected: {reasons}")


def _print_proof(proof: dict[str, Any]) -> None:
    for name, level in proof["levels"].items():
        if level["state"] != "checked":
            typer.echo(f"{name:10} not available")
            continue
        straddling = level["straddling"]
        finding = f"straddles: {straddling} groups" if straddling else "none straddles"
        typer.echo(f"{name:10} checked, {level['groups']} groups, {finding}")
    near = proof["near"]
    limits = f"pHash ≤ {near['threshold']['phash']}, dHash ≤ {near['threshold']['dhash']} bits"
    typer.echo(f"exact twins across splits: {proof['exact']['straddling']}")
    typer.echo(f"near twins across splits ({limits}): {near['straddling']}")
    copies = proof.get("copies")  # versions that were frozen before have none
    if copies and copies["state"] == "checked":
        typer.echo(f"copies of one {proof['group']} across splits: {copies['straddling']}")
    for pair in proof["closest"]["pairs"][:3]:
        typer.echo(
            f"closest: {pair['a']} ({pair['splits'][0]}), {pair['b']} ({pair['splits'][1]}), "
            f"{pair['distance']} bits"
        )


def _print_rights(record: dict[str, Any]) -> None:
    for film in record["films"]:
        typer.echo(f"film {film['title']}: {film['rights'] or 'no note on rights'}")
    for source in record["sources"]:
        typer.echo(f"import {source['name']}: {source['rights'] or 'no note on rights'}")
