"""COCO: ``train/<id>.png`` and ``annotations/instances_train.json``.

A sample is one picture of one face, so that its box is the whole picture. Numbers of pictures
and categories begin with 1, as COCO's do. Source: the data format of cocodataset.org.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from cinemotion.dataset.export.content import Content, Item
from cinemotion.dataset.export.folders import describe_pictures, picture_records
from cinemotion.dataset.export.layout import Layout, describe_file
from cinemotion.dataset.export.table import SampleTable, describe_table

_LOADING = """\
from pycocotools.coco import COCO

train = COCO("annotations/instances_{split}.json")
pictures = train.loadImgs(train.getImgIds())      # in the folder {split}
labels = train.loadAnns(train.getAnnIds())"""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the annotations need of a sample that is written: no picture."""

    number: int
    width: int
    height: int
    distribution: list[float]


def write_coco(content: Content, folder: Path, *, shard_bytes: int) -> Layout:
    """Write folders of pictures and a file of annotations per split.

    See :class:`~cinemotion.dataset.export.layout.Exporter`; nothing here is sharded.
    """
    (folder / "annotations").mkdir()
    paths = []
    with SampleTable(folder) as table:
        for split in content.splits:
            (folder / split).mkdir()
            paths.append(folder / "annotations" / f"instances_{split}.json")
            with paths[-1].open("w", encoding="utf-8") as file:
                _write_split(file, content, split, folder / split, table)
    return Layout(
        loading=_LOADING.format(split=content.splits[0]),
        distribution=[
            *(describe_file(path, folder) for path in (table.path, *paths)),
            describe_pictures(content, ""),
        ],
        records=[describe_table(), picture_records()],
    )


def _write_split(
    file: TextIO, content: Content, split: str, pictures: Path, table: SampleTable
) -> None:
    """Write one document, entry by entry, so that it need not fit into memory."""
    seen: list[_Seen] = []

    def images() -> Iterable[dict[str, Any]]:
        for i, item in enumerate(content.items(split), 1):
            (pictures / item.file).write_bytes(item.picture.data)
            table.add_item(item, f"{split}/{item.file}")
            size = item.picture.width, item.picture.height
            seen.append(_Seen(item.number, *size, item.distribution))
            yield _image(i, item)

    def annotations() -> Iterable[dict[str, Any]]:
        return (_annotation(i, one) for i, one in enumerate(seen, 1))

    categories = (
        {"id": i, "name": name, "supercategory": "expression"}
        for i, name in enumerate(content.classes, 1)
    )
    info = {"description": f"cinemotion {content.version.id}, {split}", "version": "1.0"}
    file.write(f'{{"info": {json.dumps(info)},\n"licenses": [],\n')
    for name, entries, end in (
        ("categories", categories, ",\n"),
        ("images", images(), ",\n"),
        ("annotations", annotations(), "}\n"),
    ):
        file.write(f'"{name}": [')
        for i, entry in enumerate(entries):
            file.write(",\n" if i else "\n")
            file.write(json.dumps(entry, ensure_ascii=False))
        file.write("]" + end)


def _image(number: int, item: Item) -> dict[str, Any]:
    size = {"width": item.picture.width, "height": item.picture.height}
    name = {"id": number, "file_name": item.file}
    return name | size | {"sample": item.id} | item.origin


def _annotation(number: int, seen: _Seen) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": number,
        "category_id": seen.number + 1,
        "bbox": [0, 0, seen.width, seen.height],  # xywh, pixels
        "area": seen.width * seen.height,
        "iscrowd": 0,
        "segmentation": [],
        "distribution": seen.distribution,
    }
