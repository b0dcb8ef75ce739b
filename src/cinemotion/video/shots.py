"""From the signals of a film to its shots.

    signals = Signals.join(parts_of_all_segments)
    shots = find_shots(signals, film.time_base, end)
    for shot in shots:
        shot.start.seconds, shot.transition, shot.extent

Fades are found first, then cuts outside them, then dissolves between both; wipes are not
looked for. A boundary that follows another too soon is dropped. Cuts compare neighbouring
frames, whatever their distance in time; fades and dissolves are measured in seconds, so that
a variable frame rate moves nothing. To find one more kind of transition, write a module that
returns a list of ``Transition`` and add it to ``find_transitions``.
"""

from __future__ import annotations

from fractions import Fraction

from cinemotion.core.types import Shot, Timestamp
from cinemotion.video.cuts import find_cuts
from cinemotion.video.dissolves import find_dissolves
from cinemotion.video.fades import find_fades
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import ShotSettings, Transition


def find_shots(
    signals: Signals,
    time_base: Fraction,
    end: int,
    *,
    settings: ShotSettings | None = None,
) -> list[Shot]:
    """Divide a film into shots.

    Args:
        signals: Of the whole film, all segments joined.
        time_base: Seconds per tick of the signals' pts.
        end: Time just after the last frame, in ticks.
        settings: What counts as a shot.

    Returns:
        Shots in order of time, without gaps, from the first frame to ``end``; none where
        there are no frames.

    Raises:
        ValueError: ``end`` lies before the last frame.
    """
    n = len(signals)
    if n == 0:
        return []
    if end < signals.pts[-1]:
        raise ValueError(f"the film must end after its last frame, {signals.pts[-1]}, got {end}")
    settings = settings or ShotSettings()
    borders = [0]
    begins = [Transition("cut", 0, 0, 0)]
    for transition in find_transitions(signals, time_base, settings):
        if transition.boundary is None:
            continue
        borders.append(transition.boundary)
        begins.append(transition)
    times = [Timestamp(int(signals.pts[frame]), time_base) for frame in borders]
    times.append(Timestamp(end, time_base))
    borders.append(n)
    return [
        Shot(
            times[i],
            times[i + 1],
            borders[i],
            borders[i + 1],
            begins[i].kind if i else "start",
            (begins[i].first, begins[i].last),
        )
        for i in range(len(begins))
    ]


def find_transitions(
    signals: Signals, time_base: Fraction, settings: ShotSettings
) -> list[Transition]:
    """Find all transitions of a film, in order of time.

    Args:
        signals: Of the whole film.
        time_base: Seconds per tick of the signals' pts.
        settings: What counts as a transition.

    Returns:
        Those with a boundary are at least ``settings.shortest_shot`` apart from each other
        and from the film's ends.
    """
    if len(signals) == 0:
        return []
    seconds = (signals.pts - signals.pts[0]) * float(time_base)
    fades = find_fades(signals, seconds, settings)
    cuts = find_cuts(signals, seconds, fades, settings)
    dissolves = find_dissolves(signals, seconds, [*fades, *cuts], settings)
    kept: list[Transition] = []
    since = 0.0
    for transition in sorted([*fades, *cuts, *dissolves], key=lambda t: t.first):
        if transition.boundary is not None:
            at = float(seconds[transition.boundary])
            if at - since < settings.shortest_shot or seconds[-1] - at < settings.shortest_shot:
                continue
            since = at
        kept.append(transition)
    return kept
