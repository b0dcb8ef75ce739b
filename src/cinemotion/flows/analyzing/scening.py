"""The scenes of a film, each with who is in it and what the faces in it show.

for scene in find_scenes(seen, tracks, votes, recipe.scenes) or ():
    scene.first, scene.last, scene.characters, scene.probabilities
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.film.scenes import Shots, choose_views, cut_scenes, describe_looks, separations
from cinemotion.flows.analyzing.settings import Scenes
from cinemotion.flows.analyzing.sightings import Sightings

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Some shots that belong together.

    Attributes:
        first: Its first shot.
        last: The shot behind its last.
        start: Seconds.
        end: Seconds.
        separation: How clearly the cut at its start parts it from what is before: levels, see
            ``film/scenes.py``; ``None`` of the first, and where no shots near in time could be
            compared.
        characters: Who is seen in it, the longest first.
        probabilities: float64 ``(k,)``, the mean of its tracks' votes; NaN where none has one.
        coverage: The part of its time in which a face is seen, in [0, 1].
    """

    first: int
    last: int
    start: float
    end: float
    separation: float | None
    characters: tuple[str, ...]
    probabilities: Doubles
    coverage: float

    @property
    def shots_per_minute(self) -> float | None:
        """How fast it is cut."""
        length = self.end - self.start
        return 60 * (self.last - self.first) / length if length > 0 else None

    def dominant(self, classes: tuple[str, ...]) -> str | None:
        """The class that most of its votes went to."""
        known = np.isfinite(self.probabilities).all()
        return classes[int(self.probabilities.argmax())] if known else None


def find_scenes(
    seen: Sightings, tracks: pl.DataFrame, votes: Doubles, rules: Scenes
) -> list[Scene] | None:
    """Divide a film into scenes.

    Args:
        seen: The film's faces, shots and colours.
        tracks: A row per track, with ``shot``, ``screen_seconds`` and ``character``.
        votes: float64 ``(t, k)``, row by row of ``tracks``.
        rules: What counts as a scene.

    Returns:
        The scenes in order; ``None`` where the colours of the frames are not known.
    """
    if seen.colours is None:
        return None
    start, end = seen.shots["start"].to_numpy(), seen.shots["end"].to_numpy()
    shots = Shots(start, end, _views(seen, len(start)), _people(tracks, len(start)))
    apart = separations(shots, rules)
    ranges = cut_scenes(apart, start, end, rules)
    of = np.repeat(np.arange(len(ranges)), [last - first for first, last in ranges])
    mixes, who = _mixes(tracks, votes, of, len(ranges)), _who(tracks, of)
    covered = _covered(seen, of, len(ranges))
    return [
        Scene(
            first=first,
            last=last,
            start=float(start[first]),
            end=float(end[last - 1]),
            separation=_known(apart[first - 1]) if first else None,
            characters=who.get(at, ()),
            probabilities=mixes[at],
            coverage=_share(covered[at], float(end[last - 1] - start[first])),
        )
        for at, (first, last) in enumerate(ranges)
    ]


def _views(seen: Sightings, shots: int) -> NDArray[np.float32]:
    """The looks of a few frames of each shot: float32 ``(s, v, d)``; NaN where it has none."""
    assert seen.colours is not None
    places = choose_views(seen.frames["shot"].cast(pl.Int64).to_numpy(), shots)
    wanted, back = np.unique(places.clip(0), return_inverse=True)
    looks = describe_looks(seen.colours[wanted])[back.reshape(places.shape)]
    looks[places < 0] = np.nan
    return looks


def _people(tracks: pl.DataFrame, shots: int) -> list[frozenset[str]]:
    found: list[set[str]] = [set() for _ in range(shots)]
    for shot, character in tracks.select("shot", "character").drop_nulls().iter_rows():
        found[shot].add(character)
    return [frozenset(people) for people in found]


def _mixes(tracks: pl.DataFrame, votes: Doubles, of: Ints, scenes: int) -> Doubles:
    """The mean vote of each scene's tracks: float64 ``(scenes, k)``; NaN where there is none."""
    scene = of[tracks["shot"].cast(pl.Int64).to_numpy()] if tracks.height else np.zeros(0, int)
    voted = np.isfinite(votes).all(axis=1)
    sums, count = np.zeros((scenes, votes.shape[1])), np.zeros(scenes)
    np.add.at(sums, scene[voted], votes[voted])
    np.add.at(count, scene[voted], 1)
    with np.errstate(invalid="ignore"):
        found: Doubles = sums / np.where(count > 0, count, np.nan)[:, None]
    return found


def _who(tracks: pl.DataFrame, of: Ints) -> dict[int, tuple[str, ...]]:
    """The characters of each scene, who is on screen the longest first."""
    known = tracks.filter(pl.col("character").is_not_null())
    shots = known["shot"].cast(pl.Int64).to_numpy()
    rows = (
        known.select("character", "screen_seconds", scene=pl.Series(of[shots], dtype=pl.Int64))
        .group_by("scene", "character")
        .agg(pl.col("screen_seconds").sum())
        .sort("scene", "screen_seconds", "character", descending=[False, True, False])
    )
    found: dict[int, list[str]] = {}
    for scene, character in rows.select("scene", "character").iter_rows():
        found.setdefault(scene, []).append(character)
    return {scene: tuple(characters) for scene, characters in found.items()}


def _covered(seen: Sightings, of: Ints, scenes: int) -> Doubles:
    """Seconds of each scene in which a face is seen: float64 ``(scenes,)``."""
    rows = seen.faces.unique("pts", maintain_order=True)
    found = np.zeros(scenes)
    np.add.at(found, of[rows["shot"].cast(pl.Int64).to_numpy()], rows["stretch"].to_numpy())
    return found


def _share(part: float, whole: float) -> float:
    return min(1.0, float(part) / whole) if whole > 0 else 0.0


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
