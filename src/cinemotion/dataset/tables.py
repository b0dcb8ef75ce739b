"""The tables of a dataset: their names, columns and what a row of each stands for.

``crops``     bytes and origin of every crop; only ever appended to
``facts``     what was decided about a crop: place in the film, quality, status; may change
``frames``    every frame that was looked at and what came of it
``segments``  every finished stretch of film, with its signals; the mark that it is committed
``shots``     the shots of every finished film
``films``     every film that was tried, with its status; the mark that it is done

``film`` is the SHA-256 of the file, ``recipe`` the id of the recipe; together they own a row.
Times are ``pts`` in ticks of ``time_base_num / time_base_den`` seconds.
"""

from __future__ import annotations

import pyarrow as pa

BOX = pa.list_(pa.float32(), 4)
LANDMARKS = pa.list_(pa.float32(), 10)
QUALITY = ("sharpness", "exposure", "contrast", "size", "pose", "detector")

_OWNER = [("film", pa.string()), ("recipe", pa.string())]

CROPS = pa.schema(
    [
        ("id", pa.string()),
        *_OWNER,
        ("segment", pa.int32()),
        ("pts", pa.int64()),
        ("time_base_num", pa.int32()),
        ("time_base_den", pa.int32()),
        ("seconds", pa.float64()),
        ("box", BOX),  # xyxy, pixels of the upright square-pixel frame
        ("landmarks", LANDMARKS),  # five points xy, pixels of the frame
        ("crop_landmarks", LANDMARKS),  # the same points, pixels of the crop
        ("score", pa.float32()),
        ("image", pa.large_binary()),
    ]
)

FACTS = pa.schema(
    [
        ("id", pa.string()),
        *_OWNER,
        ("segment", pa.int32()),
        ("frame", pa.int64()),  # ordinal in the order of presentation, from 0
        ("shot", pa.int32()),
        ("track", pa.int32()),
        *[(name, pa.float32()) for name in QUALITY],
        ("quality", pa.float32()),
        ("status", pa.string()),  # pending (film not finished), kept or rejected
        ("reason", pa.string()),  # why rejected
    ]
)

FRAMES = pa.schema(
    [
        *_OWNER,
        ("segment", pa.int32()),
        ("pts", pa.int64()),
        ("seconds", pa.float64()),
        ("outcome", pa.string()),  # faces, no_face, unchanged or frame
        ("same_as_pts", pa.int64()),  # where unchanged: the sampled frame that it equals
        ("samples", pa.int32()),
        ("content", pa.list_(pa.int32(), 4)),  # xyxy of the picture without black bars
    ]
)

SEGMENTS = pa.schema(
    [
        *_OWNER,
        ("segment", pa.int32()),
        ("stage", pa.string()),  # samples, or signals: the first of the two passes of per-shot
        ("frames", pa.int64()),
        ("end_pts", pa.int64()),  # when the last decoded frame leaves the screen
        ("errors", pa.int32()),
        ("first_error", pa.string()),
        ("failed", pa.string()),  # why nothing could be had of it, where that is so
        ("signals", pa.large_binary()),
    ]
)

SHOTS = pa.schema(
    [
        *_OWNER,
        ("shot", pa.int32()),
        ("start_pts", pa.int64()),
        ("end_pts", pa.int64()),
        ("time_base_num", pa.int32()),
        ("time_base_den", pa.int32()),
        ("start_frame", pa.int64()),  # null where only key frames were decoded
        ("end_frame", pa.int64()),
        ("transition", pa.string()),
        ("extent_first", pa.int64()),
        ("extent_last", pa.int64()),
    ]
)

FILMS = pa.schema(
    [
        ("film", pa.string()),
        ("recipe", pa.string()),
        ("path", pa.string()),
        ("bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("inode", pa.int64()),
        ("title", pa.string()),
        ("edition", pa.string()),
        ("group", pa.string()),
        ("rights", pa.string()),
        ("status", pa.string()),  # done, partial or failed
        ("reason", pa.string()),
        ("seconds", pa.float64()),
        ("frames", pa.int64()),
        ("errors", pa.int64()),
        ("failed_segments", pa.int32()),  # more than none: a later run tries them again
        ("shots", pa.int32()),
        ("samples", pa.int64()),
        ("kept", pa.int64()),
        ("unchanged", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("codec", pa.string()),
        ("content", pa.list_(pa.int32(), 4)),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "crops": CROPS,
    "facts": FACTS,
    "frames": FRAMES,
    "segments": SEGMENTS,
    "shots": SHOTS,
    "films": FILMS,
}


def owned(film: str, recipe: str) -> str:
    """The SQL condition that selects the rows of one film and recipe."""
    return f"film = '{film}' AND recipe = '{recipe}'"
