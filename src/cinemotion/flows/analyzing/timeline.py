"""An analysis as a timeline: ``film.otio``, for editors that read OpenTimelineIO.

One track holds the shots, one each character, with a clip for each stretch of an expression; all
clips refer to the film, so that whatever is put on top shows the same picture. Turning points are
markers of the whole. Time in the timeline is the player's clock: in whole frames where the film
keeps to a fixed rate, else in the film's own ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion.core.errors import MissingExtraError
from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.marks import (
    Mark,
    expression_marks,
    free_name,
    shot_marks,
    turn_marks,
)
from cinemotion.flows.analyzing.rates import FilmRate, rate_of

if TYPE_CHECKING:
    import opentimelineio as otio

_NAMESPACE = "cinemotion"  # of what we say that the format has no word for

Instant = Callable[[Fraction], "otio.opentime.RationalTime"]


def write_timeline(analysis: Analysis, path: Path) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
        MissingExtraError: opentimelineio is not installed.
    """
    try:
        import opentimelineio as otio
    except ModuleNotFoundError as error:
        raise MissingExtraError("opentimelineio", "otio") from error
    text = otio.adapters.write_to_string(compose_timeline(analysis), "otio_json")
    with replacing(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def compose_timeline(analysis: Analysis) -> otio.schema.Timeline:
    """The timeline of an analysis."""
    import opentimelineio as otio

    found = rate_of(analysis.seen, analysis.frames)
    instant = _instants(found, analysis.seen.time_base)
    shots = shot_marks(analysis)
    zero = min([Fraction(0), *(mark.start for mark in shots)])
    timeline = otio.schema.Timeline(analysis.title, global_start_time=instant(zero))
    timeline.metadata[_NAMESPACE] = {
        "clock": "player",
        "fits_rate": found.fits,
        "says": "Expressions shown by faces, not emotions felt.",
    }
    told = {"shots": shots}
    for person in analysis.people:
        told[free_name(person.name, told)] = expression_marks(analysis, person)
    first = shots[0].start if shots else zero
    film = otio.schema.ExternalReference(
        target_url=analysis.footage.path.resolve().as_uri(),
        available_range=_range(instant, first, analysis.seen.exact_end),
    )
    timeline.tracks.extend(_track(name, marks, zero, instant, film) for name, marks in told.items())
    for name, person in [("all faces", analysis.film)] + [(p.name, p) for p in analysis.people]:
        timeline.tracks.markers.extend(
            otio.schema.Marker(
                name=f"{name}: {mark.text}",
                marked_range=_range(instant, mark.start - zero, mark.start - zero),
                color=otio.schema.MarkerColor.RED,
                metadata={_NAMESPACE: {"character": person.id}},
            )
            for mark in turn_marks(analysis, person)
        )
    return timeline


def _track(
    name: str,
    marks: Sequence[Mark],
    zero: Fraction,
    instant: Instant,
    film: otio.schema.ExternalReference,
) -> otio.schema.Track:
    """A track with a clip for each mark, at its time, and gaps between them."""
    import opentimelineio as otio

    track = otio.schema.Track(name, kind=otio.schema.TrackKind.Video)
    at = zero
    for mark in marks:
        span = _range(instant, mark.start, mark.end)
        if span.duration.value <= 0:  # less than half a frame
            continue
        gap = span.start_time - instant(at)
        if gap.value > 0:
            track.append(otio.schema.Gap(duration=gap))
        told: dict[str, Any] = {} if mark.share is None else {"share": round(mark.share, 6)}
        track.append(
            otio.schema.Clip(
                name=mark.text,
                media_reference=film.deepcopy(),
                source_range=span,
                metadata={_NAMESPACE: told} if told else {},
            )
        )
        at = mark.end
    return track


def _instants(found: FilmRate, tick: Fraction) -> Instant:
    """How an instant is told: in whole frames where that is what the film has, else in ticks."""
    import opentimelineio as otio

    exact = found.rate.exact if found.on_clock else 1 / tick

    def instant(seconds: Fraction) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(round(seconds * exact), float(exact))

    return instant


def _range(instant: Instant, start: Fraction, end: Fraction) -> otio.opentime.TimeRange:
    import opentimelineio as otio

    return otio.opentime.range_from_start_end_time(instant(start), instant(end))
