"""A film composed of disjoint stretches of the footage, each graded anew: who is where is known.

    places = compose(Path("film.mp4"), seed=0)      # of each shot: its first frame, who is in it

Clips of one person give shots in which every face is that person's; of the clips with several
people, ``benchmarks/truth/tracks.csv`` says who is where, in every fifth or tenth frame. All clips
are read at the film's rate by time, so that those frames keep to the grid of an analysis. No two
neighbouring shots are of one clip, and no stretch is used twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from common import shared
from tracks import Truth, read_tracks

Picture = NDArray[np.uint8]

RATE = 25
SIZE = (960, 540)
GRID = 5  # frames between samples: stretches begin and end on the grid

ALONE = (
    *("acted-angry", "acted-disgust", "acted-fear", "acted-happy", "acted-neutral"),
    *("acted-sadness", "acted-surprise", "sad-to-happy", "single-face"),
)

ACTED = ((0, 30), (45, 75), (90, 120))

STRETCHES: dict[str, tuple[tuple[int, int], ...]] = {
    **{clip: ACTED for clip in ALONE if clip.startswith("acted")},
    "sad-to-happy": ((0, 50), (125, 175), (250, 300), (375, 425)),
    "single-face": ((0, 25), (30, 55)),
    "family-dinner": ((0, 50), (120, 170), (240, 290), (360, 410)),
    "station-crowd-1080p": ((0, 45), (60, 105)),
    "concert": ((70, 115), (125, 170), (180, 200), (205, 225)),
}
"""Of each clip, the stretches ``[from, to)`` in frames at 25 a second; none crosses a cut."""


@dataclass
class Place:
    """A shot of the composed film.

    Attributes:
        clip: Where it is from.
        start: Its first frame in the film.
        stop: The first frame after it.
        truth: By the film's frame: who is where, in its pixels; frames without a truth lack.
    """

    clip: str
    start: int
    stop: int
    truth: dict[int, Truth] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether every face of the shot is of one person, the clip's."""
        return self.clip in ALONE


@dataclass
class Look:
    """A grade: a curve for each channel, and how the picture is laid into the film."""

    curves: Picture
    matrix: NDArray[np.float64]

    def __call__(self, image: Picture) -> Picture:
        """The picture in this grade, uint8 of the film's size."""
        laid = cv2.warpAffine(image, self.matrix, SIZE, flags=cv2.INTER_AREA)
        return np.asarray(cv2.LUT(laid, self.curves), np.uint8)

    def boxes(self, boxes: list[list[float]]) -> list[list[float]]:
        """Boxes of the clip in the film's pixels."""
        corners = np.array(boxes, float).reshape(-1, 2)
        moved = corners @ self.matrix[:, :2].T + self.matrix[:, 2]
        return [[float(value) for value in box] for box in moved.reshape(-1, 4)]


def compose(out: Path, seed: int) -> list[Place]:
    """Write the film; its shots in their order."""
    rng = np.random.default_rng(seed)
    known = read_tracks()
    places = []
    at = 0
    with av.open(str(out), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for clip, (first, last) in order(rng):
            file = f"{clip}.mp4"
            by_frame = {truth.frame: truth for truth in known.get(file, {}).values()}
            place = Place(clip, at, at)
            look = None
            for number, image in at_rate(shared() / "footage" / file, first, last):
                look = look or draw_look(rng, image.shape[:2])
                if number in by_frame and not place.alone:
                    true = by_frame[number]
                    place.truth[at] = Truth(
                        at, true.names, look.boxes(true.boxes), look.boxes(true.ignored)
                    )
                picture = av.VideoFrame.from_ndarray(look(image), "rgb24")
                picture.pts = at
                film.mux(stream.encode(picture))
                at += 1
            place.stop = at
            if (place.stop - place.start) % GRID:
                raise ValueError(f"{clip} is shorter than its stretches say: {place}")
            places.append(place)
        film.mux(stream.encode())
    return places


def order(rng: np.random.Generator) -> list[tuple[str, tuple[int, int]]]:
    """All stretches in an order by chance, no two neighbours of one clip."""
    parts = [(clip, part) for clip, stretches in STRETCHES.items() for part in stretches]
    while True:
        drawn = [parts[at] for at in rng.permutation(len(parts))]
        for at in range(1, len(drawn)):
            if drawn[at][0] == drawn[at - 1][0]:
                other = next(
                    (to for to in range(at + 1, len(drawn)) if drawn[to][0] != drawn[at][0]), None
                )
                if other is None:
                    break  # the last ones are all of one clip: draw again
                drawn[at], drawn[other] = drawn[other], drawn[at]
        else:
            return drawn


def at_rate(path: Path, first: int, last: int) -> Iterator[tuple[int, Picture]]:
    """Frames ``[first, last)`` at the film's rate: of each, its number in the clip, and pixels."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        rate = Fraction(stream.average_rate or RATE)
        wanted = {at: int(at * rate / RATE) for at in range(first, last)}
        repeats: dict[int, int] = {}
        for number in wanted.values():
            repeats[number] = repeats.get(number, 0) + 1
        for number, frame in enumerate(clip.decode(stream)):
            if number in repeats:
                image = frame.to_ndarray(format="rgb24")
                for _ in range(repeats[number]):
                    yield number, image
            if number >= max(repeats):
                return


def draw_look(rng: np.random.Generator, shape: tuple[int, ...]) -> Look:
    """Another light, contrast, colour and framing."""
    gamma, contrast = rng.uniform(0.75, 1.4), rng.uniform(0.8, 1.2)
    levels = np.linspace(0, 1, 256)[:, None] ** gamma * rng.uniform(0.85, 1.1, 3)
    curves = np.clip((levels - 0.5) * contrast + 0.5, 0, 1) * 255
    scale = min(SIZE[0] / shape[1], SIZE[1] / shape[0]) * rng.uniform(0.8, 1.15)
    moved = (np.array(SIZE) - scale * np.array([shape[1], shape[0]])) / 2
    matrix = np.array([[scale, 0, moved[0]], [0, scale, moved[1]]])
    return Look(curves.astype(np.uint8)[None], matrix)


def score_views(places: list[Place], faces: Any, character: dict[int, str | None]) -> list[Any]:
    """What is true and what was found, of each sampled frame that has a truth.

    Args:
        places: The film's shots.
        faces: The table of an analysis' faces, with ``frame``, ``track`` and ``box``.
        character: Of each track, its character.

    Returns:
        A ``View`` for each frame, with characters as numbers. In a shot of one person, each face
        is taken for that person's, since nobody else is there.
    """
    from trackscores import View

    views = []
    by_frame = dict(faces.partition_by("frame", as_dict=True).items())
    for place in places:
        for at in range(place.start, place.stop):
            here = by_frame.get((at,))
            if here is None or not (place.alone or at in place.truth):
                continue
            found = np.array(here["box"].to_list(), float).reshape(-1, 4)
            numbers = [character[track] for track in here["track"].to_list()]
            if place.alone:
                names, boxes, ignored = [place.clip] * len(found), found, np.zeros((0, 4))
            else:
                true = place.truth[at]
                names = [f"{place.clip} {name}" for name in true.names]
                boxes = np.array(true.boxes, float).reshape(-1, 4)
                ignored = np.array(true.ignored, float).reshape(-1, 4)
            views.append(View(names, boxes, ignored, numbers, found))
    return views
