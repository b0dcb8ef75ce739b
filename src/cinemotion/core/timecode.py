"""Fixed frame rates and their timecode, in exact arithmetic: 23.976 is 24000/1001.

    rate = Rate(Fraction(30000, 1001))
    rate.timecode(rate.frame_at(Fraction(60)))       # "00:00:59;28": drop-frame, as SMPTE 12M

Films are timed in ticks, and editors count frames. This is the border between the two; nothing
that is kept is ever counted in frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_DAY = 24 * 60 * 60
_NEAR = Fraction(1, 20)  # of a frame: how far an instant may be from one, beside what ticks round
_CLOSE = Fraction(99, 100)  # of a mean rate, which the length of the last frame blurs


@dataclass(frozen=True, slots=True)
class Rate:
    """A fixed rate.

    Attributes:
        exact: Frames per second.
    """

    exact: Fraction

    def __post_init__(self) -> None:
        if self.exact <= 0:
            raise ValueError(f"a rate must be positive, got {self.exact}")

    @property
    def nominal(self) -> int:
        """Frames that a second of timecode counts: 30 for 30000/1001."""
        return max(1, round(self.exact))

    @property
    def drop(self) -> bool:
        """Whether its timecode leaves out numbers to keep up with the clock: 29.97 and 59.94."""
        return self.exact.denominator == 1001 and self.nominal % 30 == 0

    @property
    def name(self) -> str:
        """As people call it: ``23.976``, ``25``."""
        return f"{float(self.exact):.3f}".rstrip("0").rstrip(".")

    def frame_at(self, seconds: Fraction | float) -> int:
        """The number of the frame that begins nearest to an instant."""
        at = Fraction(seconds) * self.exact
        return (2 * at.numerator + at.denominator) // (2 * at.denominator)

    def seconds_of(self, frame: int) -> Fraction:
        """When a frame begins."""
        return frame / self.exact

    def timecode(self, frame: int) -> str:
        """``HH:MM:SS:FF`` of a frame, ``;`` before the frames of drop-frame; starts anew at 24 h.

        Drop-frame (SMPTE 12M-1): each minute but every tenth skips the numbers 0 and 1 (0 to 3 at
        59.94), so that an hour of timecode takes an hour.
        """
        if self.drop:
            skipped = self.nominal // 15
            ten = 600 * self.nominal - 9 * skipped  # frames that there are in ten minutes
            tens, rest = divmod(frame, ten)
            minutes = max(0, (rest - skipped) // (60 * self.nominal - skipped))
            frame += skipped * (9 * tens + minutes)
        seconds, frames = divmod(frame, self.nominal)
        minutes, seconds = divmod(seconds % _DAY, 60)
        hours, minutes = divmod(minutes, 60)
        mark = ";" if self.drop else ":"
        return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"


STANDARD = tuple(
    Rate(Fraction(*rate))
    for rate in (
        *((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1)),
        *((60000, 1001), (60, 1)),
    )
)
"""What editors work at, the slowest first."""


def fit_rate(instants: Sequence[Fraction], tick: Fraction, mean: Fraction) -> tuple[Rate, bool]:
    """The rate of a film, and whether it has one.

    Args:
        instants: Seconds at which pictures appear, as many as are known, the first one first.
        tick: Seconds of a tick, to which they were rounded.
        mean: Pictures per second, over the whole film.

    Returns:
        The slowest standard rate at which all of them are whole frames after the first one, and
        ``True``; pictures that are held for several frames are none the worse. Where there is
        none, the slowest whole one that is no slower than the mean (the fastest, if all are), and
        ``False``: timecode at a whole rate reads as a clock does.
    """
    enough = [rate for rate in STANDARD if rate.exact >= mean * _CLOSE]
    for rate in enough:
        if all(_whole((at - instants[0]) * rate.exact, tick * rate.exact) for at in instants):
            return rate, True
    whole = [rate for rate in enough if rate.exact.denominator == 1]
    return (whole or STANDARD[-1:])[0], False


def _whole(frames: Fraction, tick: Fraction) -> bool:
    return abs(frames - round(frames)) <= tick + _NEAR
