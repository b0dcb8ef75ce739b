"""``cinemotion evaluate`` and ``compare``: how good models are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinemotion.cli.counting import counting
from cinemotion.cli.output import print_json, print_table
from cinemotion.core.writing import check_place

if TYPE_CHECKING:
    from cinemotion.flows.evaluating.evaluate import Evaluation

Model = Annotated[str, typer.Argument(help="A model's folder, or a shipped one's name.")]
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="DATASET@VERSION, or a folder, archive or table with labels."
    ),
]
Split = Annotated[
    str | None, typer.Option(help="The side of a version, or all.  [default: test, else val]")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_MEASURES = ("accuracy", "macro_f1", "balanced_recall", "ece", "brier")


def evaluate(
    model: Model,
    data: Data,
    split: Split = None,
    report: Annotated[
        Path | None, typer.Option(metavar="OUT.html", help="Write a page to look at.")
    ] = None,
    robustness: Annotated[
        bool, typer.Option(help="Measure what films do to faces too: blur, grain, night.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    json: Json = False,
) -> None:
    """Measure a model on data with labels; every figure with its 95 % interval."""
    from cinemotion.flows.evaluating.evaluate import evaluate as run
    from cinemotion.flows.evaluating.evaluate_page import write_evaluation

    if report is not None:
        check_place(report)
    with counting("pictures") as progress:
        found, given, truths = run(
            model, data, split=split, robustness=robustness, seed=seed, progress=progress
        )
        if report is not None:
            write_evaluation(found, given, truths, data, report, split=split)
    if json:
        print_json(found.as_json())
        return
    _print(found)
    if report is not None:
        typer.echo(f"report: {report}")


def compare(
    first: Model,
    second: Model,
    data: Data,
    split: Split = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    json: Json = False,
) -> None:
    """Compare two models on the same pictures, with a paired test."""
    from cinemotion.flows.evaluating.compare import compare as run

    with counting("pictures") as progress:
        found = run(first, second, data, split=split, seed=seed, progress=progress)
    if json:
        print_json(found.as_json())
        return
    head = ["labels", "samples", "first", "second", "difference", "95 %", "only first", "only"]
    print_table(
        [*head[:-1], "only second", "p"],
        [
            [
                name,
                row["samples"],
                *(f"{value:.4f}" for value in row["accuracy"]),
                f"{row['difference']:+.4f}",
                f"{row['low']:+.4f} to {row['high']:+.4f}",
                row["only_first"],
                row["only_second"],
                f"{row['p']:.2g}",
            ]
            for name, row in found.sets.items()
        ],
    )
    for name, row in found.sets.items():
        for model, head in zip(found.models, row["answered_by"], strict=True):
            if head is not None:
                typer.echo(f"{name}: {model} answered by the head for {head}")
    if any(row["interval"] == "by film" for row in found.sets.values()):
        typer.echo(
            "the 95 % are drawn by film; p takes frames as independent, which those of one film "
            "are not: trust the interval"
        )


def register(app: typer.Typer) -> None:
    """Add this file's commands to the app."""
    for command in (evaluate, compare):
        app.command()(command)


def _print(found: Evaluation) -> None:
    for notice in found.notices:
        typer.echo(f"mind: {notice}")
    for pair, agreed in found.agreement.items():
        typer.echo(
            f"the labels of {pair} are the same for {agreed['agreement']:.1%} of "
            f"{agreed['samples']} samples; no model can match both"
        )
    for name, row in found.sets.items():
        left_out = sum(row["left_out"].values())
        typer.echo(
            f"{name}: {row['samples']} samples, {len(row['classes'])} classes"
            + (f", {left_out} without a class" if left_out else "")
            + (f"; answered by the head for {name}" if "answered_by" in row else "")
        )
        print_table(
            ["measure", "value", f"95 % {row['interval']}"],
            [
                [measure, f"{value['value']:.4f}", f"{value['low']:.4f} to {value['high']:.4f}"]
                for measure in _MEASURES
                if (value := row["measures"][measure])
            ],
        )
        if row["robustness"]:
            typer.echo(
                "accuracy on corrupted pictures: "
                + ", ".join(f"{each} {value:.3f}" for each, value in row["robustness"].items())
            )
    speed = found.speed
    typer.echo(
        f"one face takes {speed['batch_1']:.2f} ms on one thread, {speed['batch_32']:.2f} ms in "
        "batches of 32"
    )
    if found.unreadable:
        typer.echo(f"{len(found.unreadable)} pictures could not be read", err=True)
