"""The command line: one Typer app, a file per group of commands.

A command parses, calls one flow and prints. Flows are imported inside the commands, so that
``cinemotion --help`` does not load what it does not need.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cinemotion import __version__
from cinemotion.cli import (
    analyze,
    audit,
    augment,
    build,
    cluster,
    curate,
    dataset,
    doctor,
    evaluate,
    export,
    features,
    ingest,
    labels,
    look,
    predict,
    responses,
    search,
    split,
    train,
    versions,
)

app = typer.Typer(
    name="cinemotion",
    help="From raw films to curated, leak-free facial-expression datasets.",
    epilog="An expression shown by an actor is not an emotion felt. Everything runs locally.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cinemotion {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Read the options that come before any command."""


GROUPS = (
    *(build, look, dataset, ingest, curate, labels, split, versions, audit, export, augment),
    *(features, cluster, responses, train, search, evaluate, predict, analyze, doctor),
)
for group in GROUPS:
    group.register(app)
