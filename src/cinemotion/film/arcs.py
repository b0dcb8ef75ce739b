"""The emotional arc of a person: probabilities over time, with a band and with its gaps.

    arc = draw_arc(seconds, shown, tracks, probabilities, weights, grid=grid, step=0.2, window=3.0)
    arc.mean, arc.low, arc.high             # float64 (T, k), NaN where nobody is seen

At each instant every track has one voice: the mean of its answers around the instant, weighed by
their quality and by a Gaussian of the stated window; what is further away than the window has no
say. There is an arc only while a face that can be read is on screen: an instant stands for the half
step on both sides of it, and what is smoothed is never drawn into a gap. The band says how far the
arc depends on which tracks, and which seconds of them, happened to be there: a Bayesian bootstrap
(Rubin 1981, The Annals of Statistics 9) over tracks and over the seconds within them. It is drawn a
stretch of time after the other, so that memory does not grow with the film.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 200
"""Of the bootstrap."""

_FWHM = 2.354820045  # of a Gaussian, in its deviations
_TAILS = (2.5, 97.5)  # per cent
_AT_ONCE = 512  # instants, whose draws are in memory together
_SAME = 1e-6  # seconds: what sums of floats are apart by


@dataclass(frozen=True, slots=True, eq=False)
class Arc:
    """Probabilities over time.

    Attributes:
        seconds: float64 ``(T,)``, the instants.
        mean: float64 ``(T, k)``, rows sum to 1; NaN where the person is not seen.
        low: float64 ``(T, k)``, the lower end of the 95 % band.
        high: float64 ``(T, k)``, the upper end.
        derived_low: float64 ``(T,)``, the lower end of the band of what was derived.
        derived_high: float64 ``(T,)``, the upper end.
    """

    seconds: Doubles
    mean: Doubles
    low: Doubles
    high: Doubles
    derived_low: Doubles
    derived_high: Doubles

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Where there is anything: bool ``(T,)``."""
        return np.asarray(np.isfinite(self.mean).all(axis=1))


def draw_arc(
    seconds: Doubles,
    shown: Doubles,
    tracks: Ints,
    probabilities: Doubles,
    weights: Doubles,
    *,
    grid: Doubles,
    step: float,
    window: float,
    seed: int = 0,
    draws: int = DRAWS,
    derive: Callable[[Doubles], Doubles] | None = None,
) -> Arc:
    """Smooth the answers of a person's tracks.

    Args:
        seconds: float64 ``(n,)``, when each face was seen.
        shown: float64 ``(n, 2)``, seconds from and until which it stands for what is on screen.
        tracks: int64 ``(n,)``, of which track it is.
        probabilities: float64 ``(n, k)``, calibrated.
        weights: float64 ``(n,)``, how far each answer can be trusted; 0 is no answer.
        grid: float64 ``(T,)``, the instants to draw, evenly spaced.
        step: Seconds from one of them to the next.
        window: Seconds: the width of the Gaussian at half its height.
        seed: Of the bootstrap.
        draws: How many; with none there is no band.
        derive: Gives ``(...)`` of ``(..., k)``, each row by itself: something that follows from the
            probabilities and wants a band of its own.

    Raises:
        ValueError: Shapes do not match, or a number is not positive.
    """
    n, k = probabilities.shape
    if not (seconds.shape == tracks.shape == weights.shape == (n,)):
        raise ValueError("seconds, tracks and weights need one value for each row")
    if shown.shape != (n, 2):
        raise ValueError(f"expected shown (n, 2), a start and an end each, got {shown.shape}")
    if not (window > 0 and step > 0):
        raise ValueError(f"window and step must be positive, got {window} and {step}")
    heard = weights > 0
    seconds, shown, tracks = seconds[heard], shown[heard], tracks[heard]
    probabilities, weights = probabilities[heard], weights[heard]
    voices = _Voices(seconds, tracks, probabilities, weights, grid, step, window, (seed, draws))
    seen = _seen(shown, grid, step)
    mean, low, high = np.full((3, len(grid), k), np.nan)
    derived = np.full((2, len(grid)), np.nan)
    for begin in range(0, len(grid), _AT_ONCE):
        here = np.flatnonzero(seen[begin : begin + _AT_ONCE])
        if not len(here):
            continue
        said, drawn = voices.between(begin, min(begin + _AT_ONCE, len(grid)))
        mean[begin + here] = said[here]
        if draws:
            low[begin + here], high[begin + here] = np.percentile(drawn[:, here], _TAILS, axis=0)
        if draws and derive is not None:
            derived[:, begin + here] = np.percentile(derive(drawn[:, here]), _TAILS, axis=0)
    return Arc(grid, mean, low, high, *derived)


class _Voices:
    """Each track's say at each instant.

    Weights are drawn for a second of a track, so that draws are cheap, by the track's number and
    the seed: the same in each stretch of time.
    """

    def __init__(
        self,
        seconds: Doubles,
        tracks: Ints,
        probabilities: Doubles,
        weights: Doubles,
        grid: Doubles,
        step: float,
        window: float,
        chance: tuple[int, int],
    ) -> None:
        self._seconds, self._probabilities, self._weights = seconds, probabilities, weights
        self._grid = grid
        # With samples further apart than the window, an instant still hears the face on screen.
        self._deviation, self._far = window / _FWHM, max(window, 1.5 * step)
        self._seed, self._draws = chance
        order = np.argsort(tracks, kind="stable")
        borders = np.flatnonzero(np.diff(tracks[order])) + 1
        self._tracks: list[tuple[int, Ints, int, int]] = []
        for mine in np.split(order, borders) if len(order) else ():
            first, last = seconds[mine].min() - self._far, seconds[mine].max() + self._far
            begin, end = np.searchsorted(grid, first), np.searchsorted(grid, last, side="right")
            self._tracks.append((int(tracks[mine[0]]), mine, int(begin), int(end)))

    def between(self, begin: int, end: int) -> tuple[Doubles, Doubles]:
        """The mean of the voices at the instants ``[begin, end)``.

        Returns:
            float64 ``(t, k)`` as it is, and ``(draws, t, k)`` with drawn weights; NaN where there
            is no voice.
        """
        rounds = 1 + self._draws  # first of all, each track and second counts the same
        total = np.zeros((rounds, end - begin))
        sums = np.zeros((rounds, end - begin, self._probabilities.shape[1]))
        for track, mine, first, last in self._tracks:
            first, last = max(first, begin), min(last, end)
            if first >= last:
                continue
            amount, answers, presence = self._heard(mine, slice(first, last))
            cells, loud = self._chance(track, amount.shape[1])
            own = cells @ amount.T  # (rounds, instants)
            spoken = own > 0
            voice = np.tensordot(cells, answers, axes=(1, 1))
            voice /= np.where(spoken, own, 1.0)[..., None]
            # How present a track is at an instant decides how loud its voice is at its edges.
            louder = np.where(spoken, loud * presence, 0.0)
            total[:, first - begin : last - begin] += louder
            sums[:, first - begin : last - begin] += louder[..., None] * voice
        with np.errstate(invalid="ignore", divide="ignore"):
            sums /= total[..., None]
        return sums[0], sums[1:]

    def _heard(self, mine: Ints, part: slice) -> tuple[Doubles, Doubles, Doubles]:
        """A track at some instants.

        Returns:
            How much is heard of each second of it, float64 ``(t, cells)``; the answers of each,
            so weighed, ``(t, cells, k)``; and its presence, ``(t,)``.
        """
        away = np.abs(self._grid[part, None] - self._seconds[None, mine])
        say = np.exp(-0.5 * (away / self._deviation) ** 2)
        say[away > self._far] = 0.0
        near = say * self._weights[mine]
        cells, cell = np.unique(np.floor(self._seconds[mine]), return_inverse=True)
        member = np.zeros((len(mine), len(cells)))
        member[np.arange(len(mine)), cell] = 1.0
        answers = np.einsum("tm,mk,mc->tck", near, self._probabilities[mine], member, optimize=True)
        return near @ member, answers, say.max(axis=1, initial=0.0)

    def _chance(self, track: int, cells: int) -> tuple[Doubles, Doubles]:
        """Weights of a track's seconds, float64 ``(1 + draws, cells)``, and its own, ``(…, 1)``."""
        rng = np.random.default_rng((self._seed, track))
        drawn = np.ones((1 + self._draws, cells + 1))
        drawn[1:] = rng.exponential(size=(self._draws, cells + 1))
        return drawn[:, 1:], drawn[:, :1]


def _seen(shown: Doubles, grid: Doubles, step: float) -> NDArray[np.bool_]:
    """Whether a face is on screen within half a step of each instant.

    The nearest instant of any time on screen is one of them, so that nobody's moment is lost.
    """
    half = step / 2 - _SAME
    # How many have come by the end of an instant's part, and how many had left before it.
    come = np.searchsorted(np.sort(shown[:, 0]), grid + half, side="right")
    gone = np.searchsorted(np.sort(shown[:, 1]), grid - half, side="left")
    return np.asarray(come > gone)
