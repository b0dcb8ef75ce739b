"""Look at one film or at single images, without a dataset.

describe_film(Path("film.mp4"))["codec"]
film, shots = film_shots(Path("film.mp4"))
detect_images([Path("still.png")], FaceSettings())
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from cinemotion.core.errors import CinemotionError, UnreadableFilmError
from cinemotion.core.types import Film, Shot, Timestamp
from cinemotion.dataset.pictures import read_image
from cinemotion.faces.detector import Detector, open_detector
from cinemotion.flows.building.executors import open_executor
from cinemotion.flows.building.jobs import SegmentJob
from cinemotion.recipes import BuildRecipe, FaceSettings
from cinemotion.video.probe import probe
from cinemotion.video.segments import plan_segments
from cinemotion.video.shots import find_shots
from cinemotion.video.signals import Signals


def describe_film(path: Path) -> dict[str, Any]:
    """What the probe knows of a film, as a JSON value.

    Raises:
        UnreadableFilmError: It is no film.
    """
    film = probe(path)
    colour = film.colour
    return {
        "film": str(path),
        "codec": film.codec,
        "pixel_format": film.pixel_format,
        "coded_size": list(film.coded_size),
        "size": list(film.size),
        "sample_aspect": str(film.sample_aspect),
        "rotation": film.rotation,
        "matrix": colour.matrix,
        "matrix_guessed": colour.guessed,
        "range": "full" if colour.full_range else "limited",
        "transfer": colour.transfer,
        "interlaced": film.interlaced,
        "alpha": film.has_alpha,
        "start": film.start.seconds,
        "duration": film.duration,
        "rate": None if film.rate is None else str(film.rate),
        "declared_frames": film.declared_frames or None,
        "time_base": str(film.time_base),
    }


def film_shots(path: Path, *, workers: int | None = None) -> tuple[Film, list[Shot], int]:
    """Find the shots of a film; every frame is decoded once, none is converted.

    Args:
        path: The film.
        workers: Worker processes; one per core where ``None``; 0 works in this process.

    Returns:
        The probed film, its shots, and how many pictures could not be decoded.

    Raises:
        UnreadableFilmError: It is no film, or nothing of it could be decoded.
    """
    film = probe(path)
    recipe = BuildRecipe()
    segments = plan_segments(film, recipe.sampling.segment_seconds)
    jobs = [SegmentJob(film, "", s.index, s.start, s.end, recipe, "", targets=()) for s in segments]
    parts, end, errors = [], 0, 0
    with open_executor(min(workers, len(jobs)) if workers else workers) as executor:
        for outcome in executor.run("cinemotion.flows.building.segment:run_segment", jobs):
            if outcome.value is None:
                raise UnreadableFilmError(f"{path} could not be read to its end: {outcome.error}")
            parts.append(Signals.from_bytes(outcome.value.signals))
            end = max(end, outcome.value.end_pts)
            errors += outcome.value.errors
    signals = Signals.join(parts)
    if not len(signals.pts):
        raise UnreadableFilmError(f"{path}: not a single picture could be decoded")
    return film, find_shots(signals, film.time_base, end), errors


def shot_document(path: Path, shots: Sequence[Shot], time_base: Fraction) -> dict[str, Any]:
    """Shots as one JSON document; times in seconds and in ticks of ``time_base``."""

    def moment(time: Timestamp, frame: int) -> dict[str, Any]:
        return {"seconds": time.seconds, "pts": time.pts, "frame": frame}

    return {
        "film": str(path),
        "time_base": str(time_base),
        "shots": [
            {
                "start": moment(shot.start, shot.start_frame),
                "end": moment(shot.end, shot.end_frame),
                "transition": shot.transition,
                "extent": list(shot.extent),
            }
            for shot in shots
        ],
    }


def detect_images(paths: Sequence[Path], settings: FaceSettings) -> list[dict[str, Any]]:
    """Find the faces in image files.

    Returns:
        A row per file: ``path``, ``width``, ``height`` and ``faces`` (``box`` xyxy in pixels,
        ``score``, ``landmarks``), or ``path`` and ``error``.
    """
    detector = open_detector(
        settings.detector,
        min_score=settings.min_score,
        long_side=settings.long_side,
        scales=settings.scales,
    )
    return [_detect_one(path, detector) for path in paths]


def _detect_one(path: Path, detector: Detector) -> dict[str, Any]:
    try:
        image = read_image(path)
    except CinemotionError as error:
        return {"path": str(path), "error": str(error)}
    [faces] = detector.detect([image])
    return {
        "path": str(path),
        "width": image.shape[1],
        "height": image.shape[0],
        "faces": [
            {
                "box": faces.boxes[i].tolist(),
                "score": float(faces.scores[i]),
                "landmarks": faces.landmarks[i].tolist(),
            }
            for i in range(len(faces))
        ],
    }
