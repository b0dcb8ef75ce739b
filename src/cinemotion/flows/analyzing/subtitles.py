"""Who shows what, as subtitles: ``film.srt`` and ``film.vtt``, for any player.

Times are milliseconds on the player's clock.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.marks import expression_marks

Cue = tuple[int, int, str]
"""From, to, in milliseconds; text."""


def write_subtitles(analysis: Analysis, out: Path) -> None:
    """Write both files; each is there whole or not at all.

    Raises:
        BadInputError: One cannot be written.
    """
    found = cues(analysis)
    with replacing(out / "film.srt") as draft:
        blocks = [
            f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n"
            for number, (start, end, text) in enumerate(found, start=1)
        ]
        draft.write_text("\n".join(blocks), encoding="utf-8")
    with replacing(out / "film.vtt") as draft:
        note = "NOTE Expressions shown by faces, not emotions felt.\n"
        blocks = [
            f"{_clock(start, '.')} --> {_clock(end, '.')}\n{_escaped(text)}\n"
            for start, end, text in found
        ]
        draft.write_text("\n".join(["WEBVTT\n", note, *blocks]), encoding="utf-8")


def cues(analysis: Analysis) -> list[Cue]:
    """What is to be read when: a line for each character who is seen, at most one cue at a time."""
    spans = [
        (person.name, mark)
        for person in analysis.people
        for mark in expression_marks(analysis, person)
    ]
    borders = sorted({_ms(edge) for _, mark in spans for edge in (mark.start, mark.end)})
    begins: dict[int, list[int]] = {}
    for at, (_, mark) in enumerate(spans):
        begins.setdefault(_ms(mark.start), []).append(at)
    found: list[Cue] = []
    current: list[int] = []  # places of the spans that are shown
    for start, end in pairwise(borders):
        current = [at for at in current if _ms(spans[at][1].end) > start]
        current = sorted([*current, *begins.get(start, ())])
        lines = [
            f"{name}: {mark.text} {100 * (mark.share or 0):.0f} %"
            for name, mark in (spans[at] for at in current)
            if _ms(mark.end) > start
        ]
        text = "\n".join(lines)
        if not lines or start < 0:
            continue
        if found and found[-1][1] == start and found[-1][2] == text:
            found[-1] = (found[-1][0], end, text)
        else:
            found.append((start, end, text))
    return found


def _ms(seconds: Fraction) -> int:
    return round(1000 * seconds)


def _clock(milliseconds: int, point: str) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


def _escaped(text: str) -> str:
    """Text of a WebVTT cue: its marks are not marks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
