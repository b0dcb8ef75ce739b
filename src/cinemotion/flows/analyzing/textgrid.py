"""An analysis for Praat: ``film.TextGrid`` with shots, what characters show, and turning points.

The long text format (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html). Times
are seconds on the player's clock, from 0 to the end of the film.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.marks import Mark, tiers

_DIGITS = 9


def write_textgrid(analysis: Analysis, path: Path) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
    """
    told = tiers(analysis)
    first = min([Fraction(0), *(mark.start for marks in told.values() for mark in marks)])
    last = analysis.seen.exact_end
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        f"xmin = {_number(first)}",
        f"xmax = {_number(last)}",
        "tiers? <exists>",
        f"size = {len(told)}",
        "item []:",
    ]
    for number, (name, marks) in enumerate(told.items(), start=1):
        lines.append(f"    item [{number}]:")
        lines += ["        " + line for line in _tier(name, marks, first, last)]
    with replacing(path) as draft:
        draft.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _tier(name: str, marks: Sequence[Mark], first: Fraction, last: Fraction) -> Iterator[str]:
    points = bool(marks) and all(mark.start == mark.end for mark in marks)
    kind, items = ("TextTier", "points") if points else ("IntervalTier", "intervals")
    rows = list(marks) if points else list(_filled(marks, first, last))
    yield f'class = "{kind}"'
    yield f"name = {_quoted(name)}"
    yield f"xmin = {_number(first)}"
    yield f"xmax = {_number(last)}"
    yield f"{items}: size = {len(rows)}"
    for number, mark in enumerate(rows, start=1):
        yield f"{items} [{number}]:"
        if points:
            yield f"    number = {_number(mark.start)}"
            yield f"    mark = {_quoted(mark.text)}"
        else:
            yield f"    xmin = {_number(mark.start)}"
            yield f"    xmax = {_number(mark.end)}"
            yield f"    text = {_quoted(mark.text)}"


def _filled(marks: Sequence[Mark], first: Fraction, last: Fraction) -> Iterator[Mark]:
    """The marks with what is between them: Praat's intervals leave nothing out."""
    at = first
    for mark in marks:
        if mark.start > at:
            yield Mark(at, mark.start, "")
        yield mark
        at = mark.end
    if last > at:
        yield Mark(at, last, "")


def _number(seconds: Fraction) -> str:
    return f"{float(seconds):.{_DIGITS}f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
