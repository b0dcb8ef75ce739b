"""WebDataset shards: ``train-000000.tar`` with ``<id>.png``, ``<id>.cls`` and ``<id>.json``."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from cinemotion.dataset.export.content import Content, Item
from cinemotion.dataset.export.layout import Layout, describe_file
from cinemotion.dataset.export.shards import shards
from cinemotion.dataset.export.table import SampleTable, describe_table

_LOADING = """\
import webdataset

train = webdataset.WebDataset("{shards}", shardshuffle=False).decode("pil")
for sample in train:
    picture = sample["png"] if "png" in sample else sample["jpg"]
    number, facts = sample["cls"], sample["json"]"""


def write_webdataset(content: Content, folder: Path, *, shard_bytes: int) -> Layout:
    """Write tar files; see :class:`~cinemotion.dataset.export.layout.Exporter`.

    ``.cls`` is the number of the class, ``.json`` its name, the distribution and the origin.
    """
    paths: list[Path] = []
    with SampleTable(folder) as table:
        for split in content.splits:
            for number, items in enumerate(shards(content.items(split), shard_bytes)):
                paths.append(folder / f"{split}-{number:06}.tar")
                with tarfile.open(paths[-1], "w", format=tarfile.USTAR_FORMAT) as tar:
                    for item in items:
                        _add(tar, item)
                        table.add_item(item, f"{paths[-1].name}/{item.file}")
    return Layout(
        loading=_LOADING.format(shards=_pattern(paths, content.splits[0])),
        distribution=[describe_file(path, folder) for path in (table.path, *paths)],
        records=[describe_table()],
    )


def _add(tar: tarfile.TarFile, item: Item) -> None:
    facts = {
        "label": item.label,
        "class": item.number,
        "distribution": item.distribution,
        **item.origin,
    }
    members = {
        item.picture.suffix: item.picture.data,
        ".cls": str(item.number).encode(),
        ".json": json.dumps(facts, sort_keys=True, ensure_ascii=False).encode(),
    }
    for suffix, data in members.items():
        # A header of its own holds no time, owner or machine.
        header = tarfile.TarInfo(item.id + suffix)
        header.size = len(data)
        tar.addfile(header, io.BytesIO(data))


def _pattern(paths: list[Path], split: str) -> str:
    """The shards of a split in the braces that WebDataset expands."""
    last = sum(path.name.startswith(f"{split}-") for path in paths) - 1
    return f"{split}-{{000000..{last:06}}}.tar" if last > 0 else f"{split}-000000.tar"
