"""Class folders: ``train/happy/<id>.png``, for ``image_dataset_from_directory`` and its like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.export.content import Content
from cinemotion.dataset.export.layout import Layout, describe_file
from cinemotion.dataset.export.table import SampleTable, describe_table

_SUFFIXES = ("png", "jpg")
# Signs that some file system does not take, and names that a loader passes over.
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]|^\.|^$|[. ]$')
_LOADING = """\
import keras

train = keras.utils.image_dataset_from_directory(
    "{split}", class_names={classes}, image_size=(224, 224), seed=1
)"""


def write_folders(content: Content, folder: Path, *, shard_bytes: int) -> Layout:
    """Write a folder per split and class; empty classes have theirs too.

    See :class:`~cinemotion.dataset.export.layout.Exporter`; nothing here is sharded.

    Raises:
        BadInputError: A class cannot be the name of a folder.
    """
    if unsafe := [name for name in content.classes if _UNSAFE.search(name)]:
        raise BadInputError(
            f"the class {unsafe[0]!r} cannot be the name of a folder; rename it with a class map, "
            "or choose another format"
        )
    with SampleTable(folder) as table:
        for split in content.splits:
            for name in content.classes:
                (folder / split / name).mkdir(parents=True)
            for item in content.items(split):
                file = f"{split}/{item.label}/{item.file}"
                (folder / file).write_bytes(item.picture.data)
                table.add_item(item, file)
    return Layout(
        loading=_LOADING.format(split=content.splits[0], classes=list(content.classes)),
        distribution=[describe_file(table.path, folder), describe_pictures(content, "*/")],
        records=[describe_table(), picture_records()],
    )


def describe_pictures(content: Content, below: str) -> dict[str, Any]:
    """The loose pictures as Croissant's set of files.

    Args:
        content: What was written.
        below: The pattern of the folders between a split's and the pictures.
    """
    return {
        "@type": "cr:FileSet",
        "@id": "pictures",
        "name": "pictures",
        "description": "Their hashes are in samples.csv.",
        "encodingFormat": ["image/png", "image/jpeg"],
        "includes": [
            f"{split}/{below}*.{suffix}" for split in content.splits for suffix in _SUFFIXES
        ],
    }


def picture_records() -> dict[str, Any]:
    """A record per file of the set ``pictures``: its name and what it shows."""

    def field(name: str, kind: str, extract: str) -> dict[str, Any]:
        source = {"fileSet": {"@id": "pictures"}, "extract": {"fileProperty": extract}}
        return {
            "@type": "cr:Field",
            "@id": f"pictures_shown/{name}",
            "name": name,
            "dataType": kind,
            "source": source,
        }

    return {
        "@type": "cr:RecordSet",
        "@id": "pictures_shown",
        "name": "pictures_shown",
        "description": "The pictures; the name without its suffix is the sample's id.",
        "field": [
            field("name", "sc:Text", "filename"),
            field("picture", "sc:ImageObject", "content"),
        ],
    }
