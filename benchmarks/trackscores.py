"""Scores of tracks and of people against a truth: HOTA, IDF1, switches, and the Rand index.

    views = [View(names, boxes, ignored, numbers, found), ...]      # of each frame with a truth
    track_scores(views)["IDF1"]

The scores are those of TrackEval (MIT); its classes are called with arrays, without its readers of
files. What stands here is what comes before: which found faces count, and what unknown means.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]

LEAST = 0.5
"""The overlap (IoU) from which on a found face is a face of the truth."""

INSIDE, TOUCHED = 0.5, 0.3
"""A face that is nobody's is neutral if half of it lies inside an ignored region, or its overlap
with one is this large; as in ``faces.py``."""


@dataclass
class View:
    """What is true of one frame, and what was found in it.

    Attributes:
        names: Of each true face, who it is.
        boxes: float64 ``(n, 4)``, xyxy, pixels.
        ignored: float64 ``(r, 4)``, regions that say nothing.
        numbers: Of each found face, its track or person; ``None`` where nobody says.
        found: float64 ``(m, 4)``.
    """

    names: Sequence[Hashable]
    boxes: Boxes
    ignored: Boxes
    numbers: Sequence[Hashable | None]
    found: Boxes


def overlap(a: Boxes, b: Boxes) -> tuple[Boxes, Boxes]:
    """IoU, and the share of ``a`` inside ``b``: float64 ``(len(a), len(b))`` each."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    one, other = ((x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b))
    return shared / (one[:, None] + other[None] - shared), shared / one[:, None]


def matched(view: View) -> NDArray[np.int64]:
    """Which true face each found one is, -1 where none: int64 ``(m,)``; the best pairs in sum."""
    from scipy.optimize import linear_sum_assignment

    iou, _ = overlap(view.found, view.boxes)
    rows, columns = linear_sum_assignment(np.where(iou >= LEAST, iou, 0), maximize=True)
    of = np.full(len(view.found), -1, np.int64)
    right = iou[rows, columns] >= LEAST
    of[rows[right]] = columns[right]
    return of


def counted(view: View) -> View:
    """The frame without the found faces that are neither right nor wrong."""
    iou, inside = overlap(view.found, view.ignored)
    neutral = (inside >= INSIDE).any(1) | (iou >= TOUCHED).any(1)
    keep = (matched(view) >= 0) | ~neutral
    numbers = [number for number, kept in zip(view.numbers, keep, strict=True) if kept]
    return View(view.names, view.boxes, view.ignored, numbers, view.found[keep])


def track_scores(views: Sequence[View]) -> dict[str, float]:
    """Scores of one clip, in the order of its frames.

    A found face that nobody names is a face of its own, so that it is an error but where its
    person is seen once.

    Returns:
        HOTA, DetA and AssA (means over overlaps from 0.05 to 0.95; Luiten et al. 2021, IJCV 129),
        IDF1 (Ristani et al. 2016), MOTA and ID switches (Bernardin and Stiefelhagen 2008) at an
        overlap of 0.5, fragments, and the counts of faces that are true, found, missed and false.
    """
    try:
        from trackeval.metrics import CLEAR, HOTA, Identity
    except ModuleNotFoundError:
        sys.exit("this benchmark needs TrackEval: pip install trackeval")
    kept = [counted(view) for view in views]
    data = as_trackeval(kept)
    quiet = {"PRINT_CONFIG": False}
    hota, clear = HOTA().eval_sequence(data), CLEAR(quiet).eval_sequence(data)
    identity = Identity(quiet).eval_sequence(data)
    means = {name: float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA")}
    return {
        **means,
        "IDF1": float(identity["IDF1"]),
        "MOTA": float(clear["MOTA"]),
        "switches": int(clear["IDSW"]),
        "fragments": fragments(kept),
        "true": int(data["num_gt_dets"]),
        "found": int(data["num_tracker_dets"]),
        "missed": int(clear["CLR_FN"]),
        "false": int(clear["CLR_FP"]),
    }


def as_trackeval(views: Sequence[View]) -> dict[str, Any]:
    """The arrays that TrackEval's metrics read; persons and tracks numbered from 0."""
    people: dict[Hashable, int] = {}
    tracks: dict[Hashable, int] = {}
    data: dict[str, Any] = {"gt_ids": [], "tracker_ids": [], "similarity_scores": []}
    for view in views:
        true = [people.setdefault(name, len(people)) for name in view.names]
        keys = [object() if number is None else number for number in view.numbers]
        found = [tracks.setdefault(key, len(tracks)) for key in keys]
        data["gt_ids"].append(np.array(true, np.int64))
        data["tracker_ids"].append(np.array(found, np.int64))
        data["similarity_scores"].append(overlap(view.boxes, view.found)[0])
    return data | {
        "num_timesteps": len(views),
        "num_gt_ids": len(people),
        "num_tracker_ids": len(tracks),
        "num_gt_dets": sum(map(len, data["gt_ids"])),
        "num_tracker_dets": sum(map(len, data["tracker_ids"])),
    }


def fragments(views: Sequence[View]) -> int:
    """How often somebody who was found is missed and found again.

    TrackEval's own count also takes somebody for lost who is ignored for a while.
    """
    count = 0
    lost: dict[Hashable, bool] = {}
    for view in views:
        found = set(matched(view).tolist())
        for at, name in enumerate(view.names):
            if at in found:
                count += lost.get(name, False)
                lost[name] = False
            elif name in lost:
                lost[name] = True
    return count


def pairs_of(views: Sequence[View]) -> tuple[list[Hashable], list[Hashable | None]]:
    """Of each face that was found and is true, who it is, and what was said."""
    true: list[Hashable] = []
    said: list[Hashable | None] = []
    for view in views:
        for at, of in enumerate(matched(view)):
            if of >= 0:
                true.append(view.names[of])
                said.append(view.numbers[at])
    return true, said


def rand_index(true: Sequence[Hashable], said: Sequence[Hashable | None]) -> float:
    """Adjusted Rand index over faces; each unknown one is a person of its own, an error."""
    from sklearn.metrics import adjusted_rand_score

    codes: dict[Hashable, int] = {}
    alone = [(at, object()) if one is None else one for at, one in enumerate(said)]
    ours = [codes.setdefault(one, len(codes)) for one in alone]
    names: dict[Hashable, int] = {}
    theirs = [names.setdefault(one, len(names)) for one in true]
    return float(adjusted_rand_score(theirs, ours)) if true else float("nan")


def pair_scores(true: Sequence[Hashable], said: Sequence[Hashable | None]) -> tuple[float, float]:
    """Of the pairs of faces said to be one person, the share that are; and of those, that found."""
    named = [(one, other) for one, other in zip(true, said, strict=True) if other is not None]

    def pairs(groups: Sequence[Hashable]) -> int:
        return sum(math.comb(size, 2) for size in Counter(groups).values())

    both = pairs(named)
    return both / max(1, pairs([other for _, other in named])), both / max(1, pairs(true))


def crossings(tracks: Sequence[int], frames: Sequence[int], cuts: Sequence[int]) -> int:
    """How many tracks have faces on both sides of a cut (the first frame of a new shot)."""
    side = np.searchsorted(np.array(cuts), np.array(frames), side="right")
    numbers = np.array(tracks)
    return sum(len(np.unique(side[numbers == track])) > 1 for track in np.unique(numbers))
