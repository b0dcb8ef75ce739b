"""Scenes: shots that follow each other and belong together, by their colours and by who is seen.

    looks = describe_looks(colours)                     # float32 (n, 108), a row per frame
    apart = separations(shots, start, end, settings)    # float64 (s - 1,), a value per cut
    scenes = cut_scenes(apart, start, end, settings)    # [(first shot, last shot + 1), ...]

A scene comes back to its camera positions: A B A B C A. So a shot is compared with those that
follow it within a window of time, and where two of them look alike, all between them is one scene.
A cut that no such pair reaches across is the border of a scene. Yeung and Yeo 1998 (Segmentation of
video by clustering and graph analysis, CVIU 71) cut a graph of shots at the same places; Hanjalic,
Lagendijk and Biemond 1999 (IEEE Transactions on CSVT 9) call the pairs overlapping links. What we
add: people who are in both shots make two shots nearer, and what is too short for a scene goes to
the side that it is nearer to.

The work grows with shots times the shots of a window, never with their square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats

Doubles = NDArray[np.float64]

VIEWS = 3
"""Frames that stand for a shot."""

_QUANTILES = 24  # of each channel
_ROWS, _COLUMNS = 3, 4  # of the layout
_CHROMA = 2.0  # times brightness: colour tells places apart, light changes within one
# ITU-R BT.601-7, section 2.5: R'G'B' to Y', Cb, Cr, all of full range.
_TO_YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ]
)


class Rules(Protocol):
    """What counts as a scene; the recipe of an analysis has it."""

    @property
    def limit(self) -> float:
        """Levels (0-255): shots at most so far apart look alike."""
        ...

    @property
    def company(self) -> float:
        """Levels by which shots are nearer that show a person in common."""
        ...

    @property
    def window(self) -> float:
        """Seconds from the end of a shot within which another may resemble it."""
        ...

    @property
    def ahead(self) -> int:
        """And so many shots ahead at most."""
        ...

    @property
    def least_seconds(self) -> float:
        """Shorter ones are no scenes of their own."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """What is known of consecutive shots.

    Attributes:
        start: float64 ``(s,)``, seconds.
        end: float64 ``(s,)``, seconds.
        views: float32 ``(s, v, d)``: a few frames of each, as of :func:`describe_looks`; NaN where
            a shot has none, which then resembles nothing.
        people: Of each shot, who is seen in it.
    """

    start: Doubles
    end: Doubles
    views: Floats
    people: Sequence[frozenset[str]]

    def __post_init__(self) -> None:
        s = len(self.start)
        if not (self.end.shape == (s,) and self.views.ndim == 3 and len(self.views) == s):
            raise ValueError(f"{s} shots need end (s,) and views (s, v, d), got {self.views.shape}")
        if len(self.people) != s:
            raise ValueError(f"{s} shots need as many sets of people, got {len(self.people)}")


def describe_looks(colours: NDArray[np.uint8]) -> Floats:
    """What frames look like, as vectors whose L1 distance tells how unlike two of them are.

    Half of the distance is the earth mover's between the distributions of each channel, which
    forgives motion and other framings; half is that between coarse layouts, which tells a wall on
    the left from a wall on the right. Its unit is levels of 0-255, summed over Y', Cb and Cr, where
    chroma counts twice.

    Args:
        colours: uint8 ``(n, 9, 16, 3)``, RGB (``video/thumbnail.py``).

    Returns:
        float32 ``(n, 108)``.
    """
    if colours.ndim != 4 or colours.shape[3] != 3:
        raise ValueError(f"expected colours (n, rows, columns, 3), got {colours.shape}")
    n, rows, columns, _ = colours.shape
    if rows % _ROWS or columns % _COLUMNS or rows * columns % _QUANTILES:
        raise ValueError(f"a thumbnail must divide into {_ROWS} × {_COLUMNS}, got {colours.shape}")
    cells = colours.astype(np.float32) @ _TO_YCC.T.astype(np.float32)
    cells[..., 1:] *= _CHROMA
    ordered = np.sort(cells.reshape(n, rows * columns, 3), axis=1)
    quantiles = ordered.reshape(n, _QUANTILES, -1, 3).mean(axis=2)
    blocks = cells.reshape(n, _ROWS, rows // _ROWS, _COLUMNS, columns // _COLUMNS, 3)
    layout = blocks.mean(axis=(2, 4)).reshape(n, -1)
    halves = [
        quantiles.reshape(n, -1) / (2 * _QUANTILES),
        layout / (2 * _ROWS * _COLUMNS),
    ]
    return np.concatenate(halves, axis=1).astype(np.float32)


def choose_views(shot_of: NDArray[np.int64], shots: int) -> NDArray[np.int64]:
    """The frames that stand for each shot: the middles of equal parts of it.

    Args:
        shot_of: int64 ``(n,)``, the shot of each frame, never decreasing.
        shots: How many there are.

    Returns:
        int64 ``(shots, VIEWS)``, rows of frames, some of them named twice in a shot of few; -1
        where a shot has none.
    """
    first = np.searchsorted(shot_of, np.arange(shots), side="left")
    count = np.searchsorted(shot_of, np.arange(shots), side="right") - first
    part = (np.arange(VIEWS) + 0.5) / VIEWS
    places = first[:, None] + np.floor(part * count[:, None]).astype(np.int64)
    return np.where(count[:, None] > 0, places, -1)


def separations(shots: Shots, rules: Rules) -> Doubles:
    """How clearly each cut parts what is before from what is behind it.

    Args:
        shots: The shots of a film.
        rules: What counts as a scene.

    Returns:
        float64 ``(s - 1,)``: the least distance, in levels, of two shots on both sides of the cut
        that are near in time; infinite where none are.
    """
    s = len(shots.start)
    apart = np.full(max(0, s - 1), np.inf)
    for step in range(1, min(rules.ahead, s - 1) + 1):
        near = shots.start[step:] - shots.end[:-step] <= rules.window
        if not near.any():
            break  # the next ones are further away still
        away = np.where(near, _distances(shots, step, rules.company), np.inf)
        for over in range(step):  # a pair spans that many cuts
            part = apart[over : over + len(away)]
            np.minimum(part, away, out=part)
    return apart


def _distances(shots: Shots, step: int, company: float) -> Doubles:
    """The distance of each shot from the one ``step`` shots behind it: float64 ``(s - step,)``."""
    one, other = shots.views[:-step], shots.views[step:]
    views = shots.views.shape[1]
    found = np.full(len(one), np.inf)
    for a in range(views):
        for b in range(views):
            away = np.abs(one[:, a] - other[:, b]).sum(axis=1)
            found = np.fmin(found, away)  # NaN: no frame
    pairs = zip(shots.people, shots.people[step:], strict=False)
    known = np.fromiter((not a.isdisjoint(b) for a, b in pairs), bool, len(one))
    return np.maximum(found - company * known, 0.0)


def cut_scenes(apart: Doubles, start: Doubles, end: Doubles, rules: Rules) -> list[tuple[int, int]]:
    """Divide shots into scenes.

    Args:
        apart: float64 ``(s - 1,)``, as :func:`separations` gives it.
        start: float64 ``(s,)``, seconds.
        end: float64 ``(s,)``, seconds.
        rules: What counts as a scene.

    Returns:
        Ranges ``[first, last)`` of shots, in order, without gaps.
    """
    if not len(start):
        return []
    borders = [0, *(np.flatnonzero(apart > rules.limit) + 1).tolist(), len(start)]
    scenes: list[tuple[int, int]] = []
    first = borders[0]
    for last in borders[1:]:
        short = end[last - 1] - start[first] < rules.least_seconds
        before = apart[first - 1] if scenes else np.inf
        behind = apart[last - 1] if last < len(start) else np.inf
        if short and last < len(start) and behind < before:
            continue  # it begins what follows
        if short and scenes:
            scenes[-1] = (scenes[-1][0], last)
        elif short and last < len(start):
            continue
        else:
            scenes.append((first, last))
        first = last
    return scenes
