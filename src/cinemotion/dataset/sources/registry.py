"""Which sources there are, and which one a path is.

    source = open_source(Path("faces.zip"))

A new kind is a function ``open_…(path, limits)`` that gives a source, or ``None`` where the path is
none of its kind, and a line in ``SOURCES``; the first that answers is taken.
"""

from __future__ import annotations

from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.registry import Registry
from cinemotion.dataset.sources.limits import LIMITS, Limits
from cinemotion.dataset.sources.source import Source

SOURCES = Registry(
    "source",
    {
        "parquet": "cinemotion.dataset.sources.parquet:open_parquet",
        "fer2013": "cinemotion.dataset.sources.fer2013:open_fer2013",
        "zip": "cinemotion.dataset.sources.layout:open_zip",
        "tar": "cinemotion.dataset.sources.layout:open_tar",
        "folder": "cinemotion.dataset.sources.layout:open_folder",
    },
)

_EXPECTED = (
    "a folder of class folders, a zip or tar of them, a zip of class zips, a FER2013 or FER+ CSV, "
    "a Parquet file with an image column, or an imagefolder with metadata"
)


def open_source(path: Path, limits: Limits = LIMITS) -> Source:
    """Open a source of pictures, checking all of it that can be checked unread.

    Raises:
        BadInputError: There is nothing at ``path``, it is no source, or it is not safe to read.
    """
    if not path.exists():
        raise BadInputError(f"{path}: there is no such file or folder; give {_EXPECTED}")
    for name in SOURCES:
        source: Source | None = SOURCES.load(name)(path, limits)
        if source is not None:
            return source
    raise BadInputError(f"{path} is no source of pictures that we know; give {_EXPECTED}")
