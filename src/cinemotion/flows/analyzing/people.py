"""Who the tracks of a film are: identities of their best frames, grouped into people.

tracks = describe_tracks(seen)                      # a row per track
groups = find_people(dataset, seen, tracks, recipe.people)      # int64 (t,), -1: nobody known
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.leftover import give_back
from cinemotion.core.types import Floats
from cinemotion.dataset.dataset import open_dataset
from cinemotion.faces.identity import NONE, Embedder, open_embedder
from cinemotion.film.characters import UNKNOWN, group_tracks
from cinemotion.flows.analyzing.settings import People
from cinemotion.flows.analyzing.sightings import Sightings
from cinemotion.flows.analyzing.vectors import Progress, kept_vectors

Ints = NDArray[np.int64]


def describe_tracks(seen: Sightings) -> pl.DataFrame:
    """A row per track, in the order of their numbers.

    Columns: ``track``, ``shot``, ``start`` and ``end`` (seconds), ``screen_seconds``, ``faces``,
    ``quality`` (mean), ``best`` (the id of its best crop).
    """
    return (
        seen.faces.sort("quality", "id", descending=[True, False])
        .group_by("track")
        .agg(
            pl.col("shot").first(),
            start=pl.col("seconds").min(),
            end=pl.col("until").max(),
            screen_seconds=pl.col("stretch").sum(),
            faces=pl.col("id").n_unique(),
            quality=pl.col("quality").mean(),
            best=pl.col("id").first(),
        )
        .sort("track")
    )


def find_people(
    dataset: Path,
    seen: Sightings,
    tracks: pl.DataFrame,
    settings: People,
    *,
    progress: Progress | None = None,
) -> Ints:
    """Group tracks into people.

    Args:
        dataset: Where the crops are, and identities are kept.
        seen: The film's faces.
        tracks: As :func:`describe_tracks` gives them.
        settings: How.
        progress: Told how far it is.

    Returns:
        int64 ``(t,)``, row by row of ``tracks``; ``UNKNOWN`` where nobody can say.

    Raises:
        BadInputError: There is no such embedder.
        MissingExtraError: Its package is not installed.
        WeightsError: Its weights are missing or not the pinned ones.
    """
    lasting = tracks["screen_seconds"].to_numpy() >= settings.least_seconds
    if settings.embedder == NONE:
        return np.where(lasting, np.arange(tracks.height), UNKNOWN).astype(np.int64)
    embedder = open_embedder(settings.embedder)
    limit = settings.limit or embedder.limit
    vectors = track_identities(dataset, seen.faces, tracks, embedder, settings.frames, progress)
    del embedder
    give_back()  # of crops and the network: a table of all pairs of tracks follows
    groups = group_tracks(
        vectors,
        limit=limit,
        apart=pairs_apart(seen, tracks["track"].to_list()),
        trusted=tracks["quality"].to_numpy() >= settings.least_quality,
        count=settings.count,
    )
    return _without_glimpses(groups, tracks["screen_seconds"].to_numpy(), settings.least_seconds)


def pairs_apart(seen: Sightings, tracks: Sequence[int]) -> list[tuple[int, int]]:
    """Rows of tracks that show a face in one frame: they are two people."""
    row = {track: at for at, track in enumerate(tracks)}
    pairs: set[tuple[int, int]] = set()
    for (_pts,), faces in seen.faces.group_by(["pts"]):
        present = sorted({row[track] for track in faces["track"]})
        pairs.update(combinations(present, 2))
    return sorted(pairs)


def track_identities(
    dataset: Path,
    faces: pl.DataFrame,
    tracks: pl.DataFrame,
    embedder: Embedder,
    frames: int,
    progress: Progress | None = None,
) -> Floats:
    """The mean identity of each track's best frames.

    Args:
        dataset: Where the crops are, and identities are kept.
        faces: As in ``Sightings.faces``.
        tracks: As :func:`describe_tracks` gives them; those of ``faces`` and no others.
        embedder: Tells people apart.
        frames: So many frames of each track, at most.
        progress: Told how far it is.

    Returns:
        float32 ``(t, d)``, row by row of ``tracks``; NaN where no face is good enough.
    """
    chosen = best_frames(faces, frames)
    landmarks = dict(chosen.select("id", "crop_landmarks").iter_rows())
    opened = open_dataset(dataset)

    def compute(part: Sequence[str]) -> Floats:
        points = np.array([landmarks[id] for id in part], np.float32).reshape(-1, 5, 2)
        return embedder(opened.images(part), points)

    found = kept_vectors(
        dataset,
        {**embedder.recipe, "kind": "identity"},
        embedder.dimensions,
        chosen["id"].to_list(),
        compute,
        progress,
    )
    vectors = np.full((tracks.height, embedder.dimensions), np.nan, np.float32)
    of = chosen["track"].to_numpy()
    for at, track in enumerate(tracks["track"].to_list()):
        mine = found[of == track]
        if len(mine):
            vectors[at] = mine.mean(axis=0)
    return vectors


def best_frames(faces: pl.DataFrame, count: int) -> pl.DataFrame:
    """Of each track, the best crop of each of ``count`` parts of it in time.

    Faces without any quality (too dark, too small, turned away) say nothing of who it is.
    """
    order = pl.col("seconds").rank("dense").over("track") - 1
    long = pl.col("seconds").n_unique().over("track")
    return (
        faces.unique("id", keep="first", maintain_order=True)
        .filter(pl.col("quality") > 0)
        .with_columns(part=(order * count / long).cast(pl.Int64))
        .sort("quality", "id", descending=[True, False])
        .unique(["track", "part"], keep="first", maintain_order=True)
        .sort("track", "part")
    )


def _without_glimpses(groups: Ints, seconds: NDArray[np.float64], least: float) -> Ints:
    """Groups that are on screen for long enough; the others are nobody in particular."""
    out = groups.copy()
    for group in np.unique(groups[groups != UNKNOWN]):
        if seconds[groups == group].sum() < least:
            out[groups == group] = UNKNOWN
    return out
