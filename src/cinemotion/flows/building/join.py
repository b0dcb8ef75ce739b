"""The join of a film: what could not be known inside its segments.

    summary = join_film(store, film, film_id, recipe, recipe_id)

Frame numbers, shots, tracks and the verdict on each crop follow from rows that are already
in the store, so a join that was interrupted is simply done again, with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cinemotion.core.types import Film, Shot
from cinemotion.curate.quality import Quality, judge
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import FACTS, QUALITY, SHOTS, owned
from cinemotion.faces.looks import BYTES, Bytes
from cinemotion.faces.tracks import link_tracks
from cinemotion.recipes import BuildRecipe
from cinemotion.video.shots import find_shots
from cinemotion.video.signals import Signals

_PLACE = ["id", "pts", "seconds", "box", "landmarks", "look"]


@dataclass(frozen=True, slots=True)
class FilmSummary:
    """What a finished film amounts to; the numbers of its row in ``films``."""

    frames: int
    seconds: float
    errors: int
    first_error: str | None
    segments: int
    failed: list[str]
    shots: int
    samples: int
    kept: int
    unchanged: int
    content: list[int] | None


def first_stage(recipe: BuildRecipe) -> str:
    """The stage in which every frame is decoded once: the first of two for ``per-shot``."""
    return "signals" if recipe.sampling.mode == "per-shot" else "samples"


def read_shots(
    store: Store, film: Film, recipe: BuildRecipe, where: str
) -> tuple[Signals, list[Shot]]:
    """Join the signals of a film's segments and find its shots."""
    stage = first_stage(recipe)
    rows = store.read("segments", where=f"{where} AND stage = '{stage}' AND failed IS NULL")
    rows = rows.sort_by("segment")
    signals = Signals.join([Signals.from_bytes(data) for data in rows["signals"].to_pylist()])
    end = pc.max(rows["end_pts"]).as_py() or 0
    return signals, find_shots(signals, film.time_base, end)


def join_film(
    store: Store, film: Film, film_id: str, recipe: BuildRecipe, recipe_id: str
) -> FilmSummary:
    """Give every sample of a film its frame number, shot, track and status; store the shots.

    Args:
        store: Holds all segments of the film.
        film: The probed film.
        film_id: SHA-256 of its file.
        recipe: The settings.
        recipe_id: Their id.
    """
    where = owned(film_id, recipe_id)
    signals, shots = read_shots(store, film, recipe, where)
    facts = _judged(store, where, signals.pts, shots, recipe)
    store.replace("facts", facts, key="id")
    store.delete("shots", where)
    exact = recipe.sampling.mode != "keyframes"
    store.append("shots", _shot_rows(shots, film_id, recipe_id, exact=exact))
    return _summary(store, film, recipe, where, facts, len(shots))


def _judged(
    store: Store, where: str, pts: NDArray[np.int64], shots: Sequence[Shot], recipe: BuildRecipe
) -> pa.Table:
    crops = store.read("crops", _PLACE, where).sort_by([("pts", "ascending"), ("id", "ascending")])
    facts = store.read("facts", where=where)
    # The same order as the crops, row for row.
    facts = facts.take(pc.index_in(crops["id"], facts["id"]))
    times = crops["pts"].to_numpy()
    frame = np.searchsorted(pts, times)
    shot = _shot_of(times, shots)
    track = np.full(len(times), -1)
    if recipe.subject == "face":
        looked = store.read("frames", ["pts", "seconds", "same_as_pts"], where).sort_by("pts")
        track = link_tracks(
            frame,
            shot,
            crops["seconds"].to_numpy(),
            _matrix(crops["box"], (4,)),
            _matrix(crops["landmarks"], (5, 2)),
            looks=_looks(crops["look"]),
            until=_still_until(times, crops["seconds"].to_numpy(), looked),
            max_gap=_max_gap(recipe.faces.max_gap, looked["seconds"].to_numpy()),
        )
    reasons = _reasons(facts, shot, recipe)
    known = recipe.sampling.mode != "keyframes"
    columns = {
        "frame": pa.array(frame if known else [None] * len(frame), pa.int64()),
        "shot": pa.array(shot, pa.int32()),
        "track": pa.array([None if t < 0 else int(t) for t in track], pa.int32()),
        "status": pa.array(["rejected" if r else "kept" for r in reasons], pa.string()),
        "reason": pa.array(reasons, pa.string()),
    }
    for name, values in columns.items():
        facts = facts.set_column(facts.schema.get_field_index(name), name, values)
    return facts.cast(FACTS)


def _still_until(
    pts: NDArray[np.int64], seconds: NDArray[np.float64], looked: pa.Table
) -> NDArray[np.float64]:
    """Until when each sample's frame was found unchanged: float64 ``(m,)``, seconds."""
    last: dict[int, float] = {}
    for row in looked.filter(pc.is_valid(looked["same_as_pts"])).to_pylist():
        last[row["same_as_pts"]] = row["seconds"]
    return np.array([last.get(int(p), s) for p, s in zip(pts, seconds, strict=True)], np.float64)


def _max_gap(wished: float, seconds: NDArray[np.float64]) -> float:
    """The longest gap in a track: as wished, but one look may always be missed."""
    steps = np.diff(seconds)
    return max(wished, 2.5 * float(np.median(steps))) if len(steps) else wished


def _reasons(facts: pa.Table, shot: NDArray[np.int64], recipe: BuildRecipe) -> list[str | None]:
    """Why each sample is rejected; ``None`` where it is kept."""
    gates = recipe.quality.model_dump()
    reasons = [judge(Quality(**scores), gates) for scores in facts.select(QUALITY).to_pylist()]
    if recipe.max_per_shot is not None:
        quality, ids = facts["quality"].to_pylist(), facts["id"].to_pylist()
        taken: dict[int, int] = {}
        for i in sorted(range(len(ids)), key=lambda i: (-quality[i], ids[i])):
            if reasons[i] is None:
                taken[shot[i]] = taken.get(shot[i], 0) + 1
                if taken[shot[i]] > recipe.max_per_shot:
                    reasons[i] = "max_per_shot"
    return reasons


def _shot_of(pts: NDArray[np.int64], shots: Sequence[Shot]) -> NDArray[np.int64]:
    starts = np.array([shot.start.pts for shot in shots], np.int64)
    return np.searchsorted(starts, pts, side="right").astype(np.int64) - 1


def _matrix(column: pa.ChunkedArray, shape: tuple[int, ...]) -> NDArray[np.float32]:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(-1, *shape)


def _looks(column: pa.ChunkedArray) -> Bytes | None:
    """What the crops look like; ``None`` where they were stored before that was noted."""
    if column.null_count:
        return None
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.uint8).reshape(-1, BYTES)


def _shot_rows(shots: Sequence[Shot], film_id: str, recipe_id: str, *, exact: bool) -> pa.Table:
    rows = [
        {
            "film": film_id,
            "recipe": recipe_id,
            "shot": number,
            "start_pts": shot.start.pts,
            "end_pts": shot.end.pts,
            "time_base_num": shot.start.time_base.numerator,
            "time_base_den": shot.start.time_base.denominator,
            "start_frame": shot.start_frame if exact else None,
            "end_frame": shot.end_frame if exact else None,
            "transition": shot.transition,
            "extent_first": shot.extent[0] if exact else None,
            "extent_last": shot.extent[1] if exact else None,
        }
        for number, shot in enumerate(shots)
    ]
    return pa.Table.from_pylist(rows, SHOTS)


def _summary(
    store: Store, film: Film, recipe: BuildRecipe, where: str, facts: pa.Table, n_shots: int
) -> FilmSummary:
    columns = ["stage", "frames", "end_pts", "errors", "first_error", "failed"]
    segments = store.read("segments", columns, where)
    frames = store.read("frames", ["outcome", "content"], where)
    counted = segments.filter(pc.equal(segments["stage"], first_stage(recipe)))
    first_errors = [text for text in counted["first_error"].to_pylist() if text]
    end = pc.max(counted["end_pts"]).as_py() or film.start.pts
    contents = [tuple(box) for box in frames["content"].to_pylist() if box]
    return FilmSummary(
        frames=pc.sum(counted["frames"]).as_py() or 0,
        seconds=float((end - film.start.pts) * film.time_base),
        errors=pc.sum(counted["errors"]).as_py() or 0,
        first_error=first_errors[0] if first_errors else None,
        segments=counted.num_rows,
        failed=[text for text in segments["failed"].to_pylist() if text],
        shots=n_shots,
        samples=facts.num_rows,
        kept=pc.sum(pc.equal(facts["status"], "kept")).as_py() or 0,
        unchanged=pc.sum(pc.equal(frames["outcome"], "unchanged")).as_py() or 0,
        content=_most_frequent(contents),
    )


def _most_frequent(boxes: list[tuple[int, ...]]) -> list[int] | None:
    """The box that most frames have, the smallest of equals; ``None`` where there is none."""
    counts = Counter(sorted(boxes))
    return list(counts.most_common(1)[0][0]) if counts else None
