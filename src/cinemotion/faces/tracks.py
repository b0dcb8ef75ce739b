"""Links the faces of sampled frames into tracks: one person, one shot, no long gap.

    track = link_tracks(frame, shot, seconds, boxes, landmarks)     # int64 (m,)

Frame by frame, the faces are assigned to the tracks that are still open, so that the sum
of the costs is least (the Hungarian method). Appearance is not looked at: who leaves and
comes back after ``max_gap`` gets a new track, and joining those is a question of identity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats
from cinemotion.faces.boxes import areas, iou

REACH_AT_ONCE, REACH_PER_SECOND, REACH_AT_MOST = 0.4, 1.2, 1.0
"""How far a face may have moved, in face sizes: 0.4 + 1.2 per second, at most 1.0. That is
its own size between samples half a second apart, and half of it from frame to frame."""

GROWTH_AT_MOST = 2.0
"""A face may be this much larger or smaller (by side) than it was."""

WEIGHT_OF_GAP = 0.1
"""Cost of a second without the face: of two tracks as near, the fresher one goes on."""

FORBIDDEN = 1e6

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(slots=True)
class _Open:
    """Tracks that may go on: row of the last face, and the tracks' numbers."""

    rows: Ints
    tracks: Ints


def link_tracks(
    frame: Ints,
    shot: Ints,
    seconds: Doubles,
    boxes: Floats,
    landmarks: Floats,
    *,
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
        until: float64 ``(m,)``, how long the picture is known to stand still after the
            frame, so that the face stays where it is: a time, ``seconds`` where ``None``.
        max_gap: The longest time, in seconds, for which a track may be without a face.

    Returns:
        int64 ``(m,)``, numbers from 0 in the order of first appearance over the film; in
        one frame, from left to right.

    Raises:
        ValueError: The arrays do not have one row for each face.
    """
    _check(frame, shot, seconds, boxes, landmarks)
    track = np.full(len(frame), -1, np.int64)
    until = seconds if until is None else until
    # Half a second to import, and needed only here, when a film is joined.
    from scipy.optimize import linear_sum_assignment

    order = np.lexsort((*landmarks.reshape(len(frame), 10).T, *boxes.T[::-1], frame))
    starts = np.flatnonzero(np.diff(frame[order])) + 1
    still = _Open(np.zeros(0, np.int64), np.zeros(0, np.int64))
    count = 0
    for rows in np.split(order, starts) if len(order) else []:
        first = rows[0]
        fresh = (shot[still.rows] == shot[first]) & (seconds[first] - until[still.rows] <= max_gap)
        still = _Open(still.rows[fresh], still.tracks[fresh])
        gaps = seconds[first] - until[still.rows]
        cost = _costs(boxes, landmarks, still.rows, rows, gaps)
        old, new = linear_sum_assignment(cost)
        allowed = cost[old, new] < FORBIDDEN
        track[rows[new[allowed]]] = still.tracks[old[allowed]]
        born = rows[track[rows] < 0]
        track[born] = np.arange(count, count + len(born))
        count += len(born)
        unseen = ~np.isin(still.tracks, track[rows])
        still = _Open(
            np.concatenate([still.rows[unseen], rows]),
            np.concatenate([still.tracks[unseen], track[rows]]),
        )
    return track


def _costs(boxes: Floats, landmarks: Floats, earlier: Ints, later: Ints, gaps: Doubles) -> Doubles:
    """Cost of taking each later face for each earlier one, float64 ``(old, new)``.

    It is what is missing in overlap (1 - IoU), plus the mean distance of the landmarks in
    face sizes, plus a little for the gap.
    """
    a, b = boxes[earlier], boxes[later]
    size_a, size_b = np.sqrt(areas(a))[:, None], np.sqrt(areas(b))[None, :]
    moved = np.linalg.norm(landmarks[earlier][:, None] - landmarks[later][None], axis=3).mean(2)
    moved = moved / np.maximum((size_a + size_b) / 2, 1e-6)
    reach = np.minimum(REACH_AT_ONCE + REACH_PER_SECOND * gaps, REACH_AT_MOST)[:, None]
    grown = np.maximum(size_a, size_b) > GROWTH_AT_MOST * np.minimum(size_a, size_b)
    cost = (1.0 - iou(a, b)) + moved + WEIGHT_OF_GAP * gaps[:, None]
    return np.where((moved > reach) | grown, FORBIDDEN, cost.astype(np.float64))


def _check(frame: Ints, shot: Ints, seconds: Doubles, boxes: Floats, landmarks: Floats) -> None:
    m = len(frame)
    shapes = (frame.shape, shot.shape, seconds.shape, boxes.shape, landmarks.shape)
    if shapes != ((m,), (m,), (m,), (m, 4), (m, 5, 2)):
        raise ValueError(f"expected shapes (m,), (m,), (m,), (m, 4), (m, 5, 2); got {shapes}")
