"""Times as people write them, read exactly.

read_time("12.5")            # (Fraction(25, 2), "seconds")
read_time("00:01:02.040")    # (Fraction(1551, 25), "seconds")
read_time("f123")            # (Fraction(123), "frames")
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal

from cinemotion.core.errors import BadInputError

Unit = Literal["seconds", "frames"]

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
# Subtitles put a comma before the milliseconds.
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-5]?[0-9]):([0-5]?[0-9](?:[.,][0-9]{1,12})?)")
_FRAME = re.compile(r"f([0-9]{1,12})", re.IGNORECASE)


def read_time(text: str, *, frames: bool = False) -> tuple[Fraction, Unit]:
    """A moment and its unit.

    Args:
        text: Seconds, ``MM:SS.mmm``, ``HH:MM:SS.mmm``, or a frame's ordinal as ``f123``.
        frames: Whether a plain whole number is a frame's ordinal and not seconds.

    Raises:
        BadInputError: It is none of these.
    """
    text = text.strip()
    if match := _FRAME.fullmatch(text):
        return Fraction(match[1]), "frames"
    if _NUMBER.fullmatch(text):
        if frames and "." in text:
            raise BadInputError(f"{text!r} is no frame; with --frames, give whole numbers from 0")
        return Fraction(text), "frames" if frames else "seconds"
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = match.groups(default="0")
        whole = int(hours) * 3600 + int(minutes) * 60
        return whole + Fraction(seconds.replace(",", ".")), "seconds"
    raise BadInputError(
        f"{text!r} is no time; write seconds (12.5), HH:MM:SS.mmm or a frame (f123)"
    )


def read_span(start: str, end: str, *, frames: bool = False) -> tuple[Fraction, Fraction, Unit]:
    """Both ends of a range and their unit.

    Raises:
        BadInputError: An end is no time, or one is in seconds and the other in frames.
    """
    (first, unit), (last, other) = read_time(start, frames=frames), read_time(end, frames=frames)
    if unit != other:
        raise BadInputError(f"{start!r} is in {unit} and {end!r} in {other}; use one of them")
    return first, last, unit
