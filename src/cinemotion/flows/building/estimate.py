"""What a build would cost, before it is run: hours, samples, disk.

    estimate_build([Path("films/")], BuildRecipe())["disk_bytes"]

A few key frames of each film are looked at for real; the rest is multiplication.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cinemotion.core.errors import CinemotionError
from cinemotion.core.types import Film
from cinemotion.flows.building.catalogue import list_films
from cinemotion.flows.building.subjects import Look, open_subject
from cinemotion.recipes import BuildRecipe
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from cinemotion.video.segments import plan_segments

_LOOKS_PER_FILM = 6
# Rows and signals beside the crops, measured on films of 24-30 frames a second.
_BYTES_PER_SECOND = 12_000


def estimate_build(
    films: Sequence[Path], recipe: BuildRecipe, *, catalogue: Path | None = None
) -> dict[str, Any]:
    """Estimate a build.

    Returns:
        ``films``, ``hours`` (of those whose length is known), ``frames`` to look at, ``samples``
        expected, ``disk_bytes`` expected, and ``unreadable``: a line per film that cannot be
        opened.
    """
    total = {"films": 0, "hours": 0.0, "frames": 0, "samples": 0, "disk_bytes": 0}
    unreadable = []
    for entry in list_films(films, catalogue):
        try:
            film = probe(entry.path)
            looks = _a_few_looks(film, recipe)
        except CinemotionError as error:
            unreadable.append(str(error))
            continue
        seconds = film.duration or 0.0
        frames = _expected_frames(film, recipe, seconds)
        faces = [sample for look in looks for sample in look.samples]
        samples = round(frames * len(faces) / max(1, len(looks)))
        size = sum(len(sample.image) for sample in faces) / max(1, len(faces))
        total["films"] += 1
        total["hours"] += seconds / 3600
        total["frames"] += frames
        total["samples"] += samples
        total["disk_bytes"] += round(samples * size + seconds * _BYTES_PER_SECOND)
    return total | {"unreadable": unreadable}


def _a_few_looks(film: Film, recipe: BuildRecipe) -> list[Look]:
    subject = open_subject(recipe)
    segments = plan_segments(film, max(1.0, (film.duration or 0.0) / _LOOKS_PER_FILM))
    looks = []
    for segment in segments[:_LOOKS_PER_FILM]:
        with FilmReader(film, segment.start, segment.end) as reader:
            looks += [subject.look(frame, film) for frame in _first(reader)]
    return looks


def _first(reader: FilmReader) -> list[Any]:
    return [frame for frame, _ in zip(reader, range(1), strict=False)]


def _expected_frames(film: Film, recipe: BuildRecipe, seconds: float) -> int:
    sampling = recipe.sampling
    if sampling.mode == "grid":
        return max(1, round(seconds / sampling.every))
    # Typical films: a shot about every five seconds, a key frame about as often.
    per_five_seconds = sampling.per_shot if sampling.mode == "per-shot" else 1
    return max(1, round(seconds / 5 * per_five_seconds))
