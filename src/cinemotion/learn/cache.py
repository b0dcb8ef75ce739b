"""The caches of loaders below a dataset: ``cache/pictures`` and ``cache/exports``.

    path = cached_pictures(content, "train", ids, (48, 48), via="store")

A cache is named by all that its contents follow from, so that one that is there is right. It is
put in place by one rename, and may be removed at any time; ``cinemotion forget`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from filelock import FileLock

from cinemotion.core.hashing import hash_json
from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.write import write_export
from cinemotion.dataset.manifest import draft
from cinemotion.learn.byarea import by_area
from cinemotion.learn.picturefile import Chunks, write_pictures
from cinemotion.learn.resizing import Size, from_directory, from_store

Via = Literal["store", "directory"]
"""Where the pictures come from; Keras resizes them."""

How = Literal["store", "directory", "area"]
"""The same, and from the store resized by the mean over areas."""

# Raise it when a cache that was written before would differ from one written now.
_REVISION = 1


def cached_pictures(content: Content, split: str, ids: Sequence[str], size: Size, via: How) -> Path:
    """The file of a split's pictures at one size, written where it is not there yet.

    Args:
        content: What the version exports.
        split: The side.
        ids: Its samples, in the order of the rows.
        size: Height and width, in pixels.
        via: Whether they come from the store or through an exported directory, and how resized.

    Raises:
        DatasetError: A picture is not what was frozen, or the cache cannot be written.
    """
    dataset = content.version.path
    digest = hash_json([_REVISION, content.version.id, split, list(ids), size, via])
    name = f"{content.version.id[:12]}-{split}-{size[0]}x{size[1]}-{via}-{digest[:16]}.npy"
    path = dataset / "cache" / "pictures" / name
    places = {id: row for row, id in enumerate(ids)}

    def chunks() -> Chunks:
        if via == "store":
            return from_store(content, split, places, size)
        if via == "area":
            return by_area(content, split, places, size)
        return from_directory(_exported(content) / split, content.classes, places, size)

    with FileLock(dataset / ".locks" / f"cache-{digest[:16]}.lock"):
        if not path.exists():
            with draft(dataset, "pictures") as beside:
                write_pictures(beside, (len(ids), *size, 3), chunks)
                path.parent.mkdir(parents=True, exist_ok=True)
                beside.replace(path)
    return path


def _exported(content: Content) -> Path:
    """The version as class folders."""
    version = content.version
    digest = hash_json([_REVISION, version.id, content.rows["id"].to_list()])[:16]
    folder = version.path / "cache" / "exports" / f"{version.id[:12]}-{digest}"
    with FileLock(version.path / ".locks" / f"cache-{digest}.lock"):
        if not folder.exists():
            write_export(version, folder, "folders")
    return folder
