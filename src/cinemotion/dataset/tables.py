"""The tables of a dataset: their names, columns and what a row of each stands for.

``crops``     bytes and origin of every crop; only ever appended to
``facts``     what was decided about a crop: place in the film, quality, status; may change
``frames``    every frame that was looked at and what came of it
``segments``  every finished stretch of film, with its signals; the mark that it is committed
``shots``     the shots of every finished film
``films``     every film that was tried, with its status; the mark that it is done

Beside what comes from films:

``stills``        bytes and origin of every imported picture; its facts are in ``facts`` too
``sources``       every finished import; the mark that it is done
``fingerprints``  hashes of what a picture looks like
``duplicates``    the members of groups of twins and the sample that is kept of each
``cast``          which character each track of an analysed film is, and which person over all films
``origins``       where imported pictures come from that were chosen out of an analysed film

``film`` is the SHA-256 of the file, ``recipe`` the id of the recipe; together they own a row.
Times are ``pts`` in ticks of ``time_base_num / time_base_den`` seconds.
"""

from __future__ import annotations

import pyarrow as pa

BOX = pa.list_(pa.float32(), 4)
LANDMARKS = pa.list_(pa.float32(), 10)
LOOK = pa.list_(pa.uint8(), 112)
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
        ("look", LOOK),  # of the crop, see faces/looks.py; null for whole frames
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
        # RGB of a grid of 9 × 16 cells of that picture (video/thumbnail.py), row by row; null where
        # unchanged, and in what was built before thumbnails were kept
        ("colours", pa.binary(432)),
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

STILLS = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),  # the import's name
        ("member", pa.string()),  # the file's name inside the source, with forward slashes
        *[(level, pa.string()) for level in ("film", "scene", "character", "clip", "track")],
        ("frame", pa.int64()),
        ("label", pa.string()),  # the class name as it came
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("image", pa.large_binary()),  # as it came; null where it could not be read
    ]
)

SOURCES = pa.schema(
    [
        ("name", pa.string()),
        ("kind", pa.string()),
        ("path", pa.string()),
        ("digest", pa.string()),
        ("rights", pa.string()),
        ("members", pa.int64()),
        ("samples", pa.int64()),
        ("unreadable", pa.int64()),
    ]
)

FINGERPRINTS = pa.schema(
    [
        ("id", pa.string()),
        ("pixels", pa.string()),  # SHA-256 over the shape and the decoded RGB bytes
        ("phash", pa.uint64()),
        ("dhash", pa.uint64()),
        ("deviation", pa.float32()),  # standard deviation of luma, 0-255: low where blank
    ]
)

DUPLICATES = pa.schema(
    [
        ("id", pa.string()),
        ("keeper", pa.string()),  # the sample kept of the group; a keeper names itself
        ("kind", pa.string()),  # exact, near or track: the reason it is one of the group
        ("distance", pa.int32()),  # bits of pHash between it and the keeper
    ]
)

CAST = pa.schema(
    [
        *_OWNER,
        ("track", pa.int32()),
        ("character", pa.string()),  # c01 and so on, in this film alone
        ("name", pa.string()),  # what people call it, the same in all films; null where nobody did
        (
            "person",
            pa.string(),
        ),  # p0001 and so on: one face in all films; null where not looked for
        ("person_name", pa.string()),  # a name given there, stronger than the film's own
    ]
)

ORIGINS = pa.schema(
    [
        ("id", pa.string()),  # of the imported picture
        ("sample", pa.string()),  # the crop that it is a copy of, in the film's own dataset
        *_OWNER,
        ("title", pa.string()),
        ("group", pa.string()),  # of editions of one work, as of films
        ("shot", pa.int32()),
        ("track", pa.int32()),
        ("pts", pa.int64()),
        ("time_base_num", pa.int32()),
        ("time_base_den", pa.int32()),
        ("seconds", pa.float64()),
        ("character", pa.string()),  # as of cast; a person's id is told apart from other datasets'
        ("name", pa.string()),
        ("person", pa.string()),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "crops": CROPS,
    "facts": FACTS,
    "frames": FRAMES,
    "segments": SEGMENTS,
    "shots": SHOTS,
    "films": FILMS,
    "stills": STILLS,
    "sources": SOURCES,
    "fingerprints": FINGERPRINTS,
    "duplicates": DUPLICATES,
    "cast": CAST,
    "origins": ORIGINS,
}


def owned(film: str, recipe: str) -> str:
    """The SQL condition that selects the rows of one film and recipe."""
    return f"film = '{film}' AND recipe = '{recipe}'"
