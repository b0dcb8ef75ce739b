"""The emotional arc of a person: probabilities over time, with a band and with its gaps.

    arc = draw_arc(seconds, tracks, probabilities, weights, grid=grid, window=3.0, reach=0.5)
    arc.mean, arc.low, arc.high             # float64 (T, k), NaN where nobody is seen

At each instant every track has one voice: the mean of its answers around the instant, weighed by
their quality and by a Gaussian of the stated window. The band says how far the arc depends on
which tracks, and which seconds of them, happened to be there: a Bayesian bootstrap (Rubin 1981,
The Annals of Statistics 9) over tracks and over the seconds within them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 200
"""Of the bootstrap."""

_FWHM = 2.354820045  # of a Gaussian, in its deviations
_TAILS = (2.5, 97.5)  # per cent
_LEAST = 1e-3  # of the kernel: what is further away has no say
_AT_ONCE = 20  # draws, so that a long film's take little memory


@dataclass(frozen=True, slots=True, eq=False)
class Arc:
    """Probabilities over time.

    Attributes:
        seconds: float64 ``(T,)``, the instants.
        mean: float64 ``(T, k)``, rows sum to 1; NaN where the person is not seen.
        low: float64 ``(T, k)``, the lower end of the 95 % band.
        high: float64 ``(T, k)``, the upper end.
        draws: float32 ``(draws, T, k)``, what the band was drawn from, for what is derived.
    """

    seconds: Doubles
    mean: Doubles
    low: Doubles
    high: Doubles
    draws: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Where there is anything: bool ``(T,)``."""
        return np.asarray(np.isfinite(self.mean).all(axis=1))


def draw_arc(
    seconds: Doubles,
    tracks: Ints,
    probabilities: Doubles,
    weights: Doubles,
    *,
    grid: Doubles,
    window: float,
    reach: float,
    seed: int = 0,
    draws: int = DRAWS,
) -> Arc:
    """Smooth the answers of a person's tracks.

    Args:
        seconds: float64 ``(n,)``, when each face was seen.
        tracks: int64 ``(n,)``, of which track it is.
        probabilities: float64 ``(n, k)``, calibrated.
        weights: float64 ``(n,)``, how far each answer can be trusted; 0 is no answer.
        grid: float64 ``(T,)``, the instants to draw.
        window: Seconds: the width of the Gaussian at half its height.
        reach: Seconds: a person is seen at an instant if a face is this near to it.
        seed: Of the bootstrap.
        draws: How many; with none there is no band.

    Raises:
        ValueError: Shapes do not match, or a number is not positive.
    """
    n, k = probabilities.shape
    if not (seconds.shape == tracks.shape == weights.shape == (n,)):
        raise ValueError("seconds, tracks and weights need one value for each row")
    if not (window > 0 and reach > 0):
        raise ValueError(f"window and reach must be positive, got {window} and {reach}")
    heard = weights > 0
    seconds, tracks = seconds[heard], tracks[heard]
    probabilities, weights = probabilities[heard], weights[heard]
    voices = _Voices(seconds, tracks, probabilities, weights, grid, window)
    seen = _seen(seconds, grid, reach)
    mean = np.where(seen[:, None], voices.mean(None, 1)[0], np.nan)
    rng = np.random.default_rng(seed)
    drawn = np.full((draws, len(grid), k), np.nan, np.float32)
    for at in range(0, draws, _AT_ONCE):
        part = drawn[at : at + _AT_ONCE]
        part[:] = np.where(seen[:, None], voices.mean(rng, len(part)), np.nan)
    low, high = _band(drawn, seen)
    return Arc(grid, mean, low, high, drawn)


def draws_of(arc: Arc, derive: Callable[[Doubles], Doubles]) -> tuple[Doubles, Doubles]:
    """The 95 % band of what is derived from the probabilities at each instant.

    Args:
        arc: The arc.
        derive: Gives ``(t,)`` of ``(t, k)``, each row by itself.

    Returns:
        float64 ``(T,)`` twice, the lower and the upper end; NaN in gaps.
    """
    seen = arc.seen
    found = np.full(arc.draws.shape[:2], np.nan)
    for row, draw in zip(found, arc.draws, strict=True):
        row[seen] = derive(draw[seen].astype(np.float64))
    return _band(found, seen)


def _band(draws: NDArray[Any], seen: NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
    low, high = np.full((2, *draws.shape[1:]), np.nan)
    if seen.any() and len(draws):
        low[seen], high[seen] = np.percentile(draws[:, seen], _TAILS, axis=0)
    return low, high


class _Voices:
    """Each track's say at each instant, summed over its seconds so that draws are cheap.

    A cell is a second of a track. Its sums at the instants that its Gaussian reaches are kept:
    a film's length does not multiply with its tracks.
    """

    def __init__(
        self,
        seconds: Doubles,
        tracks: Ints,
        probabilities: Doubles,
        weights: Doubles,
        grid: Doubles,
        window: float,
    ) -> None:
        self._size = (len(grid), probabilities.shape[1])
        deviation = window / _FWHM
        far = deviation * np.sqrt(-2 * np.log(_LEAST))
        self._tracks = []
        order = np.argsort(tracks, kind="stable")
        borders = np.flatnonzero(np.diff(tracks[order])) + 1
        for mine in np.split(order, borders) if len(order) else ():
            begin = np.searchsorted(grid, seconds[mine].min() - far)
            end = np.searchsorted(grid, seconds[mine].max() + far, side="right")
            away = (grid[begin:end, None] - seconds[None, mine]) / deviation
            say = np.exp(-0.5 * away**2)
            say[say < _LEAST] = 0.0
            near = say * weights[mine]
            cells, cell = np.unique(np.floor(seconds[mine]), return_inverse=True)
            member = np.zeros((len(mine), len(cells)))
            member[np.arange(len(mine)), cell] = 1.0
            amount = near @ member  # (instants, cells)
            sums = np.einsum("tm,mk,mc->tck", near, probabilities[mine], member, optimize=True)
            # How present a track is at an instant decides how loud its voice is at its edges.
            presence = say.max(axis=1, initial=0.0)
            self._tracks.append((slice(begin, end), amount, sums, presence))

    def mean(self, rng: np.random.Generator | None, draws: int) -> Doubles:
        """The mean of the voices, float64 ``(draws, T, k)``: as they are, or with drawn weights."""
        total = np.zeros((draws, self._size[0]))
        sums = np.zeros((draws, *self._size))
        for part, amount, answers, presence in self._tracks:
            count = amount.shape[1]
            cells = np.ones((draws, count)) if rng is None else rng.exponential(size=(draws, count))
            loud = np.ones((draws, 1)) if rng is None else rng.exponential(size=(draws, 1))
            own = cells @ amount.T  # (draws, instants)
            spoken = own > 0
            voice = (
                np.tensordot(cells, answers, axes=(1, 1)) / np.where(spoken, own, 1.0)[..., None]
            )
            louder = np.where(spoken, loud * presence, 0.0)
            total[:, part] += louder
            sums[:, part] += louder[..., None] * voice
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Doubles = sums / total[..., None]
        return found


def _seen(seconds: Doubles, grid: Doubles, reach: float) -> NDArray[np.bool_]:
    """Whether a face is within reach of each instant."""
    if not len(seconds):
        return np.zeros(len(grid), bool)
    times = np.sort(seconds)
    after = np.searchsorted(times, grid)
    ahead = times[np.minimum(after, len(times) - 1)] - grid
    behind = grid - times[np.maximum(after - 1, 0)]
    return np.minimum(np.abs(ahead), np.abs(behind)) <= reach + 1e-9
