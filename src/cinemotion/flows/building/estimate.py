"""What a build would cost, before it is run: hours, samples, disk.

    estimate_build([Path("films/")], BuildRecipe())["disk_bytes"]

A few pictures of each film are looked at for real; the rest is multiplication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from cinemotion.core.errors import CinemotionError
from cinemotion.core.types import Film
from cinemotion.flows.building.catalogue import list_films
from cinemotion.flows.building.subjects import Look, open_subject
from cinemotion.recipes import BuildRecipe
from cinemotion.video.keyindex import list_keys
from cinemotion.video.probe import probe
from cinemotion.video.reader import DecodedFrame, FilmReader
from cinemotion.video.sampling import Sampler
from cinemotion.video.segments import plan_segments

_LOOKS_PER_FILM = 10
_FEW_LOOKS = 8
_MOST_DECODED = 1500  # pictures of a film, where there are too few key frames to look at
# Rows and signals beside the crops, measured on films of 24-30 frames a second.
_BYTES_PER_SECOND = 12_000
# Of typical films; the second where the container does not list its key frames.
_SECONDS_PER_SHOT, _SECONDS_PER_KEY = 5.0, 5.0


def estimate_build(
    films: Sequence[Path], recipe: BuildRecipe, *, catalogue: Path | None = None
) -> dict[str, Any]:
    """Estimate a build.

    Returns:
        ``films``, ``hours``, ``frames`` to look at, ``samples`` expected, ``disk_bytes``
        expected; ``unknown_length``: the paths of films whose container does not tell how long
        they are, which count as films but nowhere else; ``unreadable``: a line per film that
        cannot be opened.

    Raises:
        BadInputError: No film was found, or the catalogue is not one.
    """
    total = {"films": 0, "hours": 0.0, "frames": 0, "samples": 0, "disk_bytes": 0}
    unreadable, unknown = [], []
    for entry in list_films(films, catalogue):
        try:
            film = probe(entry.path)
            if not film.duration:
                total["films"] += 1
                unknown.append(entry.name)
                continue
            looks = _a_few_looks(film, recipe, film.duration)
            frames = _expected_frames(film, recipe, film.duration)
        except CinemotionError as error:
            unreadable.append(str(error))
            continue
        faces = [sample for look in looks for sample in look.samples]
        samples = round(frames * len(faces) / max(1, len(looks)))
        size = sum(len(sample.image) for sample in faces) / max(1, len(faces))
        total["films"] += 1
        total["hours"] += film.duration / 3600
        total["frames"] += frames
        total["samples"] += samples
        total["disk_bytes"] += round(samples * size + film.duration * _BYTES_PER_SECOND)
    return total | {"unknown_length": unknown, "unreadable": unreadable}


def _a_few_looks(film: Film, recipe: BuildRecipe, seconds: float) -> list[Look]:
    subject = open_subject(recipe)
    return [subject.look(frame, film) for frame in _a_few_frames(film, seconds)]


def _a_few_frames(film: Film, seconds: float) -> Iterator[DecodedFrame]:
    """Pictures spread evenly over the film: its key frames, or others where those are few."""
    segments = plan_segments(film, seconds / _LOOKS_PER_FILM)
    if len(segments) > _FEW_LOOKS:
        for segment in segments[1:]:  # the very first picture is often black
            with FilmReader(film, segment.start, segment.end) as reader:
                yield from islice(reader, 1)
        return
    start = film.start.seconds
    wishes = [start + seconds * (i + 0.5) / _LOOKS_PER_FILM for i in range(_LOOKS_PER_FILM)]
    for segment in segments:
        with FilmReader(film, segment.start, segment.end) as reader:
            for frame in islice(reader, _MOST_DECODED // len(segments)):
                if wishes and frame.end.seconds > wishes[0]:
                    wishes = [wish for wish in wishes if wish >= frame.end.seconds]
                    yield frame


def _expected_frames(film: Film, recipe: BuildRecipe, seconds: float) -> int:
    sampling = recipe.sampling
    # There are no more than the container counts, its rate brings, or its clock can tell apart.
    most = film.declared_frames or seconds * float(film.rate or 1 / film.time_base)
    expected = seconds / sampling.every
    if sampling.mode == "per-shot":
        expected = seconds / _SECONDS_PER_SHOT * sampling.per_shot
    elif sampling.mode == "keyframes":
        keys = _thinned_keys(film, sampling.every)
        expected = min(expected, seconds / _SECONDS_PER_KEY) if keys is None else keys
    return max(1, round(min(expected, most)))


def _thinned_keys(film: Film, every: float) -> int | None:
    """How many key frames the sampling grid takes; ``None`` where the container lists none."""
    keys = list_keys(film)
    if keys is None:
        return None
    sampler = Sampler(film.start, Fraction(str(every)))
    end = film.start.pts + round((film.duration or 0.0) / film.time_base)
    return sum(sampler.wants(key, following) for key, following in pairwise([*keys, end]))
