"""Links the faces of sampled frames into tracks: one person, one shot, no long gap.

    track = link_tracks(frame, shot, seconds, boxes, landmarks, looks=looks)    # int64 (m,)

Frame by frame, the faces are assigned to the tracks that are still open, so that the sum
of the costs is least (the Hungarian method): overlap, how far the landmarks are from where they
were or were going, and how alike the crops look. What is left over is assigned a second time, over
longer ways and gaps, where it looks alike (a cascade, as in Zhang et al.: ByteTrack, ECCV 2022).
Looks are no identity: who turns round while out of sight gets a new track, and joining those is
done by an analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.assignment import linear_sum_assignment
from cinemotion.core.types import Floats
from cinemotion.faces.boxes import areas, iou
from cinemotion.faces.looks import BYTES, Bytes, distances, telling

REACH_AT_ONCE, REACH_PER_SECOND, REACH_AT_MOST = 0.4, 1.2, 1.0
"""How far a face may have moved, in face sizes: 0.4 + 1.2 per second, at most 1.0. That is
its own size between samples half a second apart, and half of it from frame to frame."""

GROWTH_AT_MOST = 2.0
"""A face may be this much larger or smaller (by side) than it was."""

WEIGHT_OF_GAP = 0.1
"""Cost of a second without the face: of two tracks as near, the fresher one goes on."""

WEIGHT_OF_LOOK = 0.5
"""Cost of looking unlike: strangers differ by about 1.4, one face from sample to sample by 0.3."""

UNLIKE, OVERLAPPING = 1.6, 0.3
"""Who looks this unlike is somebody else, unless the boxes overlap: light can change at once."""

ALIKE, ALIKE_LATER = 0.75, 0.6
"""Who looks this much alike may have gone further, or been away for longer."""

FAR_PER_SECOND, FAR_AT_MOST, FAR_GROWTH = 9.0, 2.5, 1.4
"""How far, in face sizes, and how much larger or smaller at most; somebody walks past close by."""

LATER = 3.0
"""How much longer: so many times the longest gap."""

FORESEEN = 1.0
"""Seconds for which a face is taken to go on as it went."""

FORBIDDEN = 1e6

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(slots=True)
class _Open:
    """Tracks that may go on: rows of the last face and of that before it, and their numbers.

    Where there is one face only, it stands for both.
    """

    rows: Ints
    before: Ints
    tracks: Ints

    def only(self, chosen: NDArray[np.bool_] | Ints) -> _Open:
        """Some of them."""
        return _Open(self.rows[chosen], self.before[chosen], self.tracks[chosen])


def link_tracks(
    frame: Ints,
    shot: Ints,
    seconds: Doubles,
    boxes: Floats,
    landmarks: Floats,
    *,
    looks: Bytes | None = None,
    until: Doubles | None = None,
    max_gap: float = 2.0,
) -> Ints:
    """Give every face the number of its track.

    Two faces of one frame are never one track, and no track crosses from one shot into
    another. The result does not depend on the order of the rows.

    Args:
        frame: int64 ``(m,)``, ordinal of the sampled frame that shows the face.
        shot: int64 ``(m,)``, the shot that the frame belongs to.
        seconds: float64 ``(m,)``, the frame's time.
        boxes: float32 ``(m, 4)``, xyxy, pixels.
        landmarks: float32 ``(m, 5, 2)``, xy, pixels.
        looks: uint8 ``(m, 112)``, see ``looks.py``; without them, places alone decide.
        until: float64 ``(m,)``, how long the picture is known to stand still after the
            frame, so that the face stays where it is: a time, ``seconds`` where ``None``.
        max_gap: The longest time, in seconds, for which a track may be without a face; three
            times as long for who looks alike at the same place.

    Returns:
        int64 ``(m,)``, numbers from 0 in the order of first appearance over the film; in
        one frame, from left to right.

    Raises:
        ValueError: The arrays do not have one row for each face.
    """
    _check(frame, shot, seconds, boxes, landmarks, looks)
    track = np.full(len(frame), -1, np.int64)
    until = seconds if until is None else until
    scene = _Scene(seconds, until, boxes, landmarks, looks, max_gap)
    order = np.lexsort((*landmarks.reshape(len(frame), 10).T, *boxes.T[::-1], frame))
    starts = np.flatnonzero(np.diff(frame[order])) + 1
    nothing = np.zeros(0, np.int64)
    still = _Open(nothing, nothing, nothing)
    count = 0
    for rows in np.split(order, starts) if len(order) else []:
        first = rows[0]
        longest = max_gap if looks is None else LATER * max_gap
        gaps = seconds[first] - until[still.rows]
        still = still.only((shot[still.rows] == shot[first]) & (gaps <= longest))
        before = rows.copy()
        for costs in (scene.near, scene.far):
            left = np.flatnonzero(~np.isin(still.tracks, track[rows]))
            new = np.flatnonzero(track[rows] < 0)
            old, at = _assigned(costs(still.only(left), rows[new]))
            track[rows[new[at]]] = still.tracks[left[old]]
            before[new[at]] = still.rows[left[old]]
        born = rows[track[rows] < 0]
        track[born] = np.arange(count, count + len(born))
        count += len(born)
        unseen = still.only(~np.isin(still.tracks, track[rows]))
        still = _Open(
            np.concatenate([unseen.rows, rows]),
            np.concatenate([unseen.before, before]),
            np.concatenate([unseen.tracks, track[rows]]),
        )
    return track


def _assigned(cost: Doubles) -> tuple[Ints, Ints]:
    """Which row goes with which column: as many as are allowed, at the least cost."""
    old, new = linear_sum_assignment(cost)
    allowed = cost[old, new] < FORBIDDEN
    return old[allowed], new[allowed]


@dataclass(slots=True)
class _Scene:
    """What is known of all faces, and what it costs to take a later one for an earlier one."""

    seconds: Doubles
    until: Doubles
    boxes: Floats
    landmarks: Floats
    looks: Bytes | None
    max_gap: float

    def near(self, earlier: _Open, later: Ints) -> Doubles:
        """Cost of short ways and gaps: float64 ``(old, new)``.

        It is what is missing in overlap (1 - IoU), plus the mean distance of the landmarks in
        face sizes, plus a little for the gap, plus how unlike they look.
        """
        overlap, moved, growth, gaps = self._compared(earlier, later)
        reach = np.minimum(REACH_AT_ONCE + REACH_PER_SECOND * gaps, REACH_AT_MOST)
        barred = (moved > reach) | (growth > GROWTH_AT_MOST) | (gaps > self.max_gap)
        cost = (1.0 - overlap) + moved + WEIGHT_OF_GAP * gaps
        if self.looks is not None:
            unlike = distances(self.looks[earlier.rows], self.looks[later])
            barred |= (unlike > UNLIKE) & (overlap < OVERLAPPING)
            cost = cost + WEIGHT_OF_LOOK * unlike
        return np.where(barred, FORBIDDEN, cost.astype(np.float64))

    def far(self, earlier: _Open, later: Ints) -> Doubles:
        """The same over a longer way, or after a longer time, where they look alike."""
        if self.looks is None:
            return np.full((len(earlier.rows), len(later)), FORBIDDEN)
        _, moved, growth, gaps = self._compared(earlier, later)
        unlike = distances(self.looks[earlier.rows], self.looks[later])
        way = np.minimum(REACH_AT_ONCE + FAR_PER_SECOND * gaps, FAR_AT_MOST)
        soon = (gaps <= self.max_gap) & (moved <= way) & (unlike <= ALIKE)
        later_on = (moved <= REACH_AT_MOST) & (unlike <= ALIKE_LATER)
        told = telling(self.looks[earlier.rows])[:, None] & telling(self.looks[later])[None]
        allowed = (soon | later_on) & (growth <= FAR_GROWTH) & told
        cost = unlike / ALIKE + moved / FAR_AT_MOST + WEIGHT_OF_GAP * gaps
        return np.where(allowed, cost.astype(np.float64), FORBIDDEN)

    def _compared(self, earlier: _Open, later: Ints) -> tuple[Floats, Doubles, Doubles, Doubles]:
        """Overlap, way in face sizes, growth, and seconds between: ``(old, new)`` each."""
        a, b = self.boxes[earlier.rows], self.boxes[later]
        size_a, size_b = np.sqrt(areas(a))[:, None], np.sqrt(areas(b))[None, :]
        now = self.seconds[later][None, :]
        gaps = now - self.until[earlier.rows][:, None]
        size = np.maximum((size_a + size_b) / 2, 1e-6)
        was = self.landmarks[earlier.rows]
        moved = np.linalg.norm(was[:, None] - self.landmarks[later][None], axis=3).mean(2) / size
        going = was[:, None] + (self._speed(earlier)[:, None] * gaps[:, :, None])[:, :, None]
        astray = np.linalg.norm(going - self.landmarks[later][None], axis=3).mean(2) / size
        foreseen: Doubles = np.where(gaps <= FORESEEN, np.minimum(moved, astray), moved)
        growth = np.maximum(size_a, size_b) / np.maximum(np.minimum(size_a, size_b), 1e-6)
        return iou(a, b), foreseen, growth.astype(np.float64), gaps

    def _speed(self, tracks: _Open) -> Doubles:
        """Where the last faces were going: float64 ``(n, 2)``, pixels a second."""
        time = self.seconds[tracks.rows] - self.until[tracks.before]
        went = (self.landmarks[tracks.rows] - self.landmarks[tracks.before]).mean(axis=1)
        known = (time > 0) & (time <= FORESEEN)
        speed: Doubles = np.where(known[:, None], went / np.where(known, time, 1.0)[:, None], 0.0)
        return speed


def _check(
    frame: Ints,
    shot: Ints,
    seconds: Doubles,
    boxes: Floats,
    landmarks: Floats,
    looks: Bytes | None,
) -> None:
    m = len(frame)
    shapes = (frame.shape, shot.shape, seconds.shape, boxes.shape, landmarks.shape)
    if shapes != ((m,), (m,), (m,), (m, 4), (m, 5, 2)):
        raise ValueError(f"expected shapes (m,), (m,), (m,), (m, 4), (m, 5, 2); got {shapes}")
    if looks is not None and looks.shape != (m, BYTES):
        raise ValueError(f"expected looks (m, {BYTES}); got {looks.shape}")
