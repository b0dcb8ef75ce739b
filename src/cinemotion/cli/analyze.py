"""``cinemotion analyze``: who is in a film, and what their faces show over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.building import building
from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cinemotion.flows.analyzing.analysis import Analysis
    from cinemotion.flows.analyzing.settings import AnalyzeRecipe

_SHOWN = 12  # characters in the terminal


def analyze(
    films: Annotated[list[Path], typer.Argument(help="Film files, or folders that are searched.")],
    out: Annotated[Path, typer.Option(metavar="REPORT_DIR", help="The report's folder.")],
    model: Annotated[
        str | None, typer.Option(help="A model's folder or name.  [default: compact-v1]")
    ] = None,
    every: Annotated[
        float | None, typer.Option(help="Seconds between the frames looked at.  [default: 0.2]")
    ] = None,
    characters: Annotated[
        str, typer.Option(metavar="N|auto", help="How many people there are.")
    ] = "auto",
    names: Annotated[
        Path | None, typer.Option(help="A characters.csv that says who is who.")
    ] = None,
    recast: Annotated[
        bool, typer.Option("--recast", help="Group faces anew, though characters.csv was edited.")
    ] = False,
    embedder: Annotated[
        str | None, typer.Option(help="How people are told apart, or none.  [default: dlib]")
    ] = None,
    window: Annotated[
        float | None, typer.Option(help="Seconds over which arcs are smoothed.  [default: 3]")
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Write the film with boxes and bars.")
    ] = None,
    with_video: Annotated[
        bool, typer.Option("--with-video", help="Put the film beside the page, which plays it.")
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also draw figures for print, as PNG and SVG.")
    ] = False,
    dataset: Annotated[
        Path | None,
        typer.Option(help="Where crops are kept, and may be already.  [default: in REPORT_DIR]"),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A recipe (TOML); options override its keys.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0: none.  [default: all cores]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Read films: characters, what their faces show over time, one report for each."""
    from cinemotion.core.errors import BadInputError
    from cinemotion.flows.analyzing.analyze import analyze as run

    if characters != "auto" and not (characters.isdecimal() and int(characters)):
        raise BadInputError(f"--characters is a number from 1 or auto, got {characters!r}")

    def read_recipe() -> AnalyzeRecipe:
        from cinemotion.flows.analyzing.settings import load_analyze_recipe

        return load_analyze_recipe(
            recipe,
            {
                "model": model,
                "window": window,
                "build.sampling.every": every,
                "people.count": None if characters == "auto" else int(characters),
                "people.embedder": embedder,
            },
        )

    if annotate is not None:
        _check_annotated(annotate, films, out)
    failed: list[dict[str, str]] = []
    notices: list[str] = []
    with building() as watch, counting("faces") as progress, counting("frames") as copying:
        found = run(
            films,
            out,
            recipe=read_recipe,
            dataset=dataset,
            names=names,
            recast=recast,
            workers=workers,
            watch=watch,
            progress=progress,
            figures=figures,
            video=with_video,
            copying=copying,
            failed=lambda path, why: failed.append({"path": str(path), "reason": why}),
            notice=notices.append,
        )
    for each in failed:  # once the bars are gone
        typer.echo(f"failed: {each['reason']}", err=True)
    for line in notices:
        typer.echo(f"notice: {line}", err=True)
    if annotate is not None:
        from cinemotion.flows.analyzing.annotate import annotate as write

        with counting("frames") as progress:
            write(found[0], annotate, progress=progress)
    if json:
        documents = [each.summary() for each in found]
        several = len(documents) + len(failed) > 1
        print_json({"films": documents, "failed": failed} if several else documents[0])
        return 0
    from cinemotion.flows.analyzing.leftout import left_out

    for analysis in found:
        _print(analysis)
    for name, reason in left_out().items():
        typer.echo(f"{name} is left out: {reason}")
    typer.echo(f"report: {out}")
    return 0


def _check_annotated(target: Path, films: list[Path], out: Path) -> None:
    """Say before any work what would be wrong with the annotated film after it."""
    from cinemotion.core.errors import BadInputError
    from cinemotion.flows.analyzing.annotate import check_target
    from cinemotion.flows.analyzing.footage import choose_films

    chosen = choose_films(films, out)
    if len(chosen) > 1:
        raise BadInputError(f"--annotate is of one film, and these are {len(chosen)}; name one")
    check_target(target, chosen[0], out)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _print(analysis: Analysis) -> None:
    from cinemotion.flows.analyzing.analysis import UNCOLOURED

    summary = analysis.summary()
    faces = summary["coverage"]["faces"]
    told = [f"{analysis.title}: {summary['film']['seconds']:.1f} s"]
    told.append(_counted(len(summary["shots"]), "shot"))
    told.append(_counted(len(analysis.people), "character"))
    if analysis.scenes is not None:
        told.append(_counted(len(analysis.scenes), "scene"))
    told.append(f"most shown: {summary['dominant']}" if faces else "no face was found")
    typer.echo(", ".join(told))
    if analysis.scenes is None:
        typer.echo(f"no barcode and no scenes: {UNCOLOURED}")
    if summary["film"]["status"] == "partial":
        typer.echo(f"only a part could be read: {summary['film']['reason']}")
    print_table(
        ["character", "name", "on screen", "first seen", "most shown", "share", "tracks"],
        [
            [
                told["id"],
                told["name"] if told["name"] != told["id"] else "",
                f"{told['screen_seconds']:.1f} s",
                f"{told['first_seen']:.1f} s",
                told["dominant"] or "",
                f"{told['probabilities'][told['dominant']]:.2f}" if told["dominant"] else "",
                len(told["tracks"]),
            ]
            for told in summary["characters"][:_SHOWN]
        ],
    )
    if len(summary["characters"]) > _SHOWN:
        typer.echo(f"and {len(summary['characters']) - _SHOWN} more, see characters.csv")


def from_analysis(
    report: Annotated[Path, typer.Argument(help="The folder of an analysis of one film.")],
    out: Annotated[Path, typer.Option(help="The dataset that faces are added to.")],
    per: Annotated[
        int, typer.Option(min=1, help="Faces of each kind, character and expression, at most.")
    ] = 4,
    dataset: Annotated[
        Path | None, typer.Option(help="Where the analysis keeps crops.  [default: in REPORT]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Add the faces of an analysis that are worth a label: sure, unsure and different ones."""
    from cinemotion.flows.analyzing.from_analysis import from_analysis as run

    with counting("faces") as progress:
        found = run(report, out, per=per, dataset=dataset, progress=progress)
    if json:
        print_json(
            {
                "folder": found.folder,
                "chosen": found.chosen,
                "added": found.imported.added,
                "dataset": found.imported.out,
            }
        )
        return
    words = ", ".join(f"{count} {role}" for role, count in found.chosen.items())
    typer.echo(f"chosen: {words}; {found.imported.added} are new in {found.imported.out}")
    typer.echo(f"pictures and what the model said of them: {found.folder}")


def cast(
    dataset: Annotated[Path, typer.Argument(help="A dataset whose films were analysed.")],
    names: Annotated[
        Path | None, typer.Option(help="A persons.csv that says who is who over films.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write who is who to a file to be edited.")
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(help="Distance of faces within a person.  [default: the embedder's]"),
    ] = None,
    recast: Annotated[
        bool, typer.Option("--recast", help="Find all persons anew; names that were given stay.")
    ] = False,
    embedder: Annotated[str, typer.Option(help="How people are told apart.")] = "dlib",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find who is one person in several films; splits by character keep a person together."""
    from dataclasses import asdict

    from cinemotion.flows.analyzing.persons import link_cast
    from cinemotion.flows.analyzing.personsheet import write_persons
    from cinemotion.flows.analyzing.settings import People

    with counting("faces") as progress:
        found = link_cast(
            dataset,
            settings=People(embedder=embedder),
            limit=limit,
            names=names,
            recast=recast,
            progress=progress,
        )
    if out is not None:
        write_persons(out, found)
    if json:
        print_json({"persons": [asdict(person) for person in found]})
        return
    print_table(
        ["person", "name", "films", "characters"],
        [
            [
                person.id or "unknown",
                person.name,
                len({role.film for role in person.roles}),
                ", ".join(f"{role.character} of {role.title}" for role in person.roles),
            ]
            for person in found
        ],
    )
    if out is not None:
        typer.echo(f"to be edited: {out}; then run again with --names {out}")


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    app.command()(analyze)
    group = typer.Typer(
        name="dataset",
        help="Work on a dataset with what analyses of its films found.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("from-analysis")(from_analysis)
    group.command("cast")(cast)
    app.add_typer(group)
