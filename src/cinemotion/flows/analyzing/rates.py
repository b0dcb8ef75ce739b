"""The fixed rate at which editors are told of a film.

found = rate_of(analysis.seen, analysis.frames)
found.rate.name, found.fits         # "23.976", True: every picture is a whole frame of it
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cinemotion.core.timecode import Rate, fit_rate
from cinemotion.flows.analyzing.sightings import Sightings


@dataclass(frozen=True, slots=True)
class FilmRate:
    """A rate for a film.

    Attributes:
        rate: The rate.
        fits: Whether its pictures come at whole frames of it. Where not, the film has a variable
            or an uncommon rate, and an instant is told up to half a frame beside.
        on_clock: Whether they do so counted from the player's zero, and not only from the first.
    """

    rate: Rate
    fits: bool
    on_clock: bool

    @property
    def words(self) -> str:
        """In a line: the rate, its timecode, and what it is to the film."""
        kind = "drop-frame" if self.rate.drop else "non-drop-frame"
        why = "the film's" if self.fits else "chosen: the film has no fixed rate of the usual ones"
        return f"{self.rate.name} fps ({self.rate.exact}), {kind}, {why}"

    def summary(self) -> dict[str, Any]:
        """As JSON."""
        exact = self.rate.exact
        return {
            "rate": [exact.numerator, exact.denominator],
            "drop_frame": self.rate.drop,
            "fits": self.fits,
            "words": self.words,
        }


def rate_of(seen: Sightings, frames: int) -> FilmRate:
    """Find the rate of a film from when its pictures appear; headers are not asked.

    Args:
        seen: The film.
        frames: How many pictures it has; 0 where that is not known.
    """
    known = {*seen.frames["pts"].to_list(), *seen.shots["start_pts"].to_list()}
    instants = [pts * seen.time_base for pts in sorted(known)]
    if not instants:
        return FilmRate(Rate(Fraction(25)), False, False)
    long = seen.exact_end - instants[0]
    mean = frames / long if frames and long > 0 else Fraction(25)
    rate, fits = fit_rate(instants, seen.time_base, mean)
    first = instants[0]
    away = abs(first - rate.seconds_of(rate.frame_at(first)))
    return FilmRate(rate, fits, fits and away <= seen.time_base)
