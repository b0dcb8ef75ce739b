"""``cinemotion build``: films in, a dataset of crops out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinemotion.cli.building import building
from cinemotion.cli.output import print_json, print_table

if TYPE_CHECKING:
    from cinemotion.recipes import BuildRecipe

Films = Annotated[list[Path], typer.Argument(help="Film files, or folders that are searched.")]


class Subject(StrEnum):
    """What becomes a sample."""

    face = "face"
    frame = "frame"


class CropFormat(StrEnum):
    """How crops are stored."""

    png = "png"
    jpeg = "jpeg"
    webp = "webp"


def build(
    films: Films,
    out: Annotated[
        Path | None, typer.Option(help="The dataset's folder; an existing one is continued.")
    ] = None,
    every: Annotated[
        float | None, typer.Option(help="Seconds between the frames looked at.  [default: 0.5]")
    ] = None,
    per_shot: Annotated[
        int | None, typer.Option(help="Look at N frames per shot instead (a second pass).")
    ] = None,
    keyframes: Annotated[
        bool, typer.Option("--keyframes", help="Decode key frames only: the fast mode.")
    ] = False,
    subject: Annotated[
        Subject | None, typer.Option(help="Face crops or whole frames.  [default: face]")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Face detector.  [default: centerface]")
    ] = None,
    crop_size: Annotated[
        int | None, typer.Option(help="Side of a crop in pixels.  [default: 224]")
    ] = None,
    crop_format: Annotated[
        CropFormat | None, typer.Option(help="How crops are stored.  [default: png]")
    ] = None,
    max_per_shot: Annotated[
        int | None, typer.Option(help="Keep at most N samples per shot, the best ones.")
    ] = None,
    films_csv: Annotated[
        Path | None,
        typer.Option("--films", help="CSV with path (or pattern), title, edition, group, rights."),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A recipe (TOML); options override its keys.")
    ] = None,
    add_recipe: Annotated[
        bool, typer.Option("--add-recipe", help="Allow another recipe in an existing dataset.")
    ] = False,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read films again to check that they are the same.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0: none.  [default: all cores]")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only estimate hours, samples and disk space.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if any film failed or is partial.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Turn films into a dataset of upright, aligned, scored face crops, or continue one."""
    from cinemotion.core.errors import BadInputError

    if per_shot is not None and keyframes:
        raise BadInputError("--per-shot and --keyframes exclude each other; name one of them")
    if per_shot is not None and every is not None:
        raise BadInputError("--per-shot and --every exclude each other; name one of them")
    mode = "keyframes" if keyframes else "per-shot" if per_shot is not None else None
    overrides = {
        "sampling.mode": mode,
        "sampling.every": every,
        "sampling.per_shot": per_shot,
        "subject": subject.value if subject else None,
        "faces.detector": detector,
        "crop.size": crop_size,
        "crop.format": crop_format.value if crop_format else None,
        "max_per_shot": max_per_shot,
    }

    def settings() -> BuildRecipe:
        from cinemotion.recipes import load_recipe

        loaded = load_recipe(recipe, overrides)
        if every is not None and loaded.sampling.mode == "per-shot":
            # The recipe's mode has no use for the option, which is the stronger of the two.
            return load_recipe(recipe, overrides | {"sampling.mode": "grid"})
        return loaded

    if dry_run:
        from cinemotion.flows.building.estimate import estimate_build

        _notice_unmatched(films, films_csv)
        estimate = estimate_build(films, settings(), catalogue=films_csv)
        _print_estimate(estimate, json=json)
        return 0 if estimate["films"] else 2

    if out is None:
        raise BadInputError("--out is missing; name the dataset's folder: --out DATASET")
    from cinemotion.flows.building.build import build as run_build

    _notice_unmatched(films, films_csv)
    with building() as watch:
        report = run_build(
            films,
            out,
            recipe=settings,
            catalogue=films_csv,
            add_recipe=add_recipe,
            rehash=rehash,
            workers=workers,
            watch=watch,
        )
    if json:
        print_json({"dataset": report.out, "recipe": report.recipe, "films": report.films})
    else:
        _print_films(report.films)
        typer.echo(f"dataset: {report.out}")
    if len(report.failed) == len(report.films):
        return 2
    troubled = [row for row in report.films if row["status"] != "done"]
    return 1 if strict and troubled else 0


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    app.command()(build)


def _notice_unmatched(films: list[Path], films_csv: Path | None) -> None:
    """Say which rows of the film list are about none of the films, perhaps for a slip."""
    if films_csv is None:
        return
    from cinemotion.flows.building.catalogue import list_films, unmatched_rows

    rows = unmatched_rows(list_films(films, films_csv), films_csv)
    if rows:
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        typer.echo(
            f"notice: {films_csv}: no film matches {', '.join(rows[:3])}{more}; check the path",
            err=True,
        )


def _print_films(rows: list[dict[str, Any]]) -> None:
    head = ["film", "status", "seconds", "shots", "kept", "samples", "unchanged", "note"]
    print_table(
        head,
        (
            [
                row["title"],
                row["status"],
                row["seconds"],
                row["shots"],
                row["kept"],
                row["samples"],
                row["unchanged"],
                "; ".join(_notes(row)),
            ]
            for row in rows
        ),
    )


def _notes(row: dict[str, Any]) -> list[str]:
    notes = [row["reason"]] if row["reason"] else []
    if row["copy_of"]:
        return [*notes, f"a copy of {row['copy_of']}"]
    return notes or ["built before"] * row["skipped"]


def _print_estimate(estimate: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(estimate)
        return
    unknown = estimate["unknown_length"]
    if estimate["films"] > len(unknown) or not unknown:
        typer.echo(
            f"{estimate['films']} films, {_length(estimate['hours'])}; about "
            f"{estimate['frames']} frames to look at, {estimate['samples']} samples, "
            f"{estimate['disk_bytes'] / 1e6:.0f} MB on disk"
        )
    for path in unknown:
        typer.echo(f"not in the estimate, the file does not tell its length: {path}")
    for row in estimate["unreadable"]:
        typer.echo(f"cannot be read: {row}")


def _length(hours: float) -> str:
    """A length in the unit that fits it."""
    for size, unit in ((1.0, "hours"), (1 / 60, "minutes")):
        if hours >= size:
            return f"{hours / size:.2f} {unit}"
    return f"{hours * 3600:.1f} seconds"
