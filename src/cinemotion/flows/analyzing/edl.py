"""An analysis for editors: ``film.edl``, an edit decision list in the manner of CMX 3600.

Each shot is an event; what characters show and where they turn are locators (``* LOC:``) of the
event in which they begin. Source and record time are both the film's own, on the player's clock
from 00:00:00:00, at the fixed rate that the first event's note states. All events are cuts, fades
and dissolves too. In a film of more than 999 shots the numbers have four digits, as other
programs write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cinemotion.core.timecode import Rate
from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.marks import expression_marks, shot_marks, turn_marks
from cinemotion.flows.analyzing.rates import rate_of

_REEL = "AX"  # a source without a tape's name
_EXPRESSION, _TURN = "GREEN", "RED"

Locator = tuple[int, str, str]
"""Frame, colour, text."""


def write_edl(analysis: Analysis, path: Path) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
    """
    found = rate_of(analysis.seen, analysis.frames)
    mode = "DROP FRAME" if found.rate.drop else "NON-DROP FRAME"
    lines = [f"TITLE: {_line(analysis.title)}", f"FCM: {mode}", ""]
    notes = [
        f"* FROM CLIP NAME: {_line(analysis.footage.path.name)}",
        f"* RATE: {found.words}",
    ]
    for number, event in enumerate(_events(analysis, found.rate), start=1):
        start, end, locators = event
        times = f"{found.rate.timecode(start)} {found.rate.timecode(end)}"
        lines.append(f"{number:03}  {_REEL:<8} V     C        {times} {times}")
        lines += notes if number == 1 else notes[:1]
        lines += [
            f"* LOC: {found.rate.timecode(frame)} {colour:<7} {text}"
            for frame, colour, text in locators
        ]
    with replacing(path) as draft:
        draft.write_text("\n".join([*lines, ""]), encoding="utf-8", errors="backslashreplace")


def _events(analysis: Analysis, rate: Rate) -> Iterator[tuple[int, int, list[Locator]]]:
    """Frames of each shot, and its locators in order."""
    waiting = sorted(_locators(analysis, rate))
    shots = [(rate.frame_at(mark.start), rate.frame_at(mark.end)) for mark in shot_marks(analysis)]
    shots = [(start, end) for start, end in shots if end > start >= 0]
    for at, (start, end) in enumerate(shots):
        last = at + 1 == len(shots)
        mine = [each for each in waiting if last or each[0] < end]
        waiting = waiting[len(mine) :]
        yield start, end, mine


def _locators(analysis: Analysis, rate: Rate) -> Iterator[Locator]:
    for name, person in [("all faces", analysis.film)] + [(p.name, p) for p in analysis.people]:
        for mark in turn_marks(analysis, person):
            yield rate.frame_at(mark.start), _TURN, f"{_line(name)}: {mark.text}"
        for mark in expression_marks(analysis, person) if person is not analysis.film else ():
            share = f"{100 * (mark.share or 0):.0f} %"
            yield rate.frame_at(mark.start), _EXPRESSION, f"{_line(name)}: {mark.text} {share}"


def _line(text: str) -> str:
    """Text that stays on its line."""
    return " ".join(text.split())
