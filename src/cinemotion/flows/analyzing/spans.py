"""Stretches in which a character shows one expression: what subtitles and tiers are made of.

for span in expression_spans(analysis.people[0], analysis.classes):
    span.start, span.end, span.label, span.share
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from cinemotion.film.arcs import Arc
from cinemotion.flows.analyzing.analysis import Person

LEAST_SECONDS = 0.6
"""A shorter stretch cannot be read; it goes to the one before it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch, ``[start, end)`` in seconds on the player's clock.

    Attributes:
        start: When it begins.
        end: When it ends.
        label: The expression that is shown most.
        share: Its mean probability.
    """

    start: float
    end: float
    label: str
    share: float


def expression_spans(person: Person, classes: Sequence[str]) -> list[Span]:
    """The stretches of a person, in order; none of them crosses a gap."""
    arc = person.arc
    seconds, seen = arc.seconds, arc.seen
    if not seen.any():
        return []
    step = step_of(arc)
    spans: list[Span] = []
    for rows in _runs(seen):
        spans += _within(rows, arc.mean[rows], seconds, step, classes)
    return spans


def step_of(arc: Arc) -> float:
    """Seconds from one instant of an arc to the next."""
    return float(np.median(np.diff(arc.seconds))) if len(arc.seconds) > 1 else 1.0


def _runs(seen: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of each run without a gap."""
    rows = np.flatnonzero(seen)
    yield from np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)


def _within(
    rows: np.ndarray, mean: np.ndarray, seconds: np.ndarray, step: float, classes: Sequence[str]
) -> list[Span]:
    top = mean.argmax(axis=1).tolist()
    parts: list[tuple[int, int, int]] = []  # class, first and last place
    at = 0
    for label, same in groupby(top):
        count = len(list(same))
        if parts and count * step < LEAST_SECONDS:
            parts[-1] = (parts[-1][0], parts[-1][1], at + count - 1)
        elif parts and parts[-1][0] == label:
            parts[-1] = (label, parts[-1][1], at + count - 1)
        else:
            parts.append((label, at, at + count - 1))
        at += count
    return [
        Span(
            start=float(seconds[rows[first]]),
            end=float(seconds[rows[last]]) + step,
            label=classes[label],
            share=float(mean[first : last + 1, label].mean()),
        )
        for label, first, last in parts
    ]
