"""What exports tell of a film, with exact times: its shots, who shows what, and turning points.

    for mark in expression_marks(analysis, person):
        mark.start, mark.end, mark.text              # Fraction, Fraction, "happy"

All exports are written from these, so that they tell the same. Times are seconds on the player's
clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import numpy as np
import polars as pl

from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.spans import Span, expression_spans, step_of

_SAME = 1e-6  # seconds: what sums of floats are apart by


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is told of a stretch, ``[start, end)``, or of an instant: both are the same.

    Attributes:
        start: Seconds.
        end: Seconds.
        text: What is told.
        share: Of an expression: its mean probability.
    """

    start: Fraction
    end: Fraction
    text: str
    share: float | None = None


def shot_marks(analysis: Analysis) -> list[Mark]:
    """The shots, in order."""
    base = analysis.seen.time_base
    rows = analysis.seen.shots.select("start_pts", "end_pts", "shot").iter_rows()
    return [Mark(start * base, end * base, f"shot {shot + 1}") for start, end, shot in rows]


def scene_marks(analysis: Analysis) -> list[Mark]:
    """The scenes, in order, each with what is shown most; none where there are no thumbnails."""
    shots = shot_marks(analysis)
    marks = []
    for number, scene in enumerate(analysis.scenes or (), 1):
        shown = scene.dominant(analysis.classes)
        text = f"scene {number}" if shown is None else f"scene {number}: {shown}"
        marks.append(Mark(shots[scene.first].start, shots[scene.last - 1].end, text))
    return marks


def expression_marks(analysis: Analysis, person: Person) -> list[Mark]:
    """What a person shows, in order, while it is on screen.

    An instant of the arc is up to half a step beside the cuts at which a person comes and goes;
    marks begin and end there.
    """
    faces = analysis.seen.faces.filter(pl.col("track").is_in(person.tracks))
    until = faces["until"].to_numpy()
    since = until - faces["stretch"].to_numpy()
    half = step_of(person.arc) / 2
    marks: list[Mark] = []
    for run in _runs(expression_spans(person, analysis.classes)):
        here = (since < run[-1].end) & (until > run[0].start - half)
        first, last = since[here].min(initial=np.inf), until[here].max(initial=-np.inf)
        for span in run:
            start = max(span.start, first) if span is not run[0] else max(span.start - half, first)
            start, end = Fraction(start), Fraction(min(span.end, last))
            if marks:  # the sum of a start and a step is not quite the next start
                start = max(start, marks[-1].end)
            if end > start:
                marks.append(Mark(start, end, span.label, span.share))
    return marks


def _runs(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans that follow each other without a gap, together."""
    runs: list[list[Span]] = []
    for span in spans:
        if runs and span.start - runs[-1][-1].end < _SAME:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def turn_marks(analysis: Analysis, person: Person) -> list[Mark]:
    """A person's turning points, in order."""
    marks = []
    for turn in person.turns:
        moved = turn.after - turn.before
        more, less = (analysis.classes[int(at)] for at in (moved.argmax(), moved.argmin()))
        at = Fraction(turn.seconds)
        marks.append(Mark(at, at, f"more {more}, less {less}"))
    return marks


def free_name(name: str, taken: dict[str, list[Mark]]) -> str:
    """The name, or one like it, that none has yet."""
    if name not in taken:
        return name
    return next(each for n in count(2) if (each := f"{name} ({n})") not in taken)


def tiers(analysis: Analysis) -> dict[str, list[Mark]]:
    """All by name: shots, scenes, and of each person expressions and turning points, if any."""
    found = {"shots": shot_marks(analysis)}
    if scenes := scene_marks(analysis):
        found["scenes"] = scenes
    for person in analysis.people:
        found[free_name(person.name, found)] = expression_marks(analysis, person)
        if person.turns:
            found[free_name(f"{person.name}: turning points", found)] = turn_marks(analysis, person)
    return found
