"""Hugging Face: Parquet shards that ``datasets.load_dataset`` reads with splits and classes.

``data/train-00000.parquet``; the features are in the schema's metadata, the splits in the head
of the card. What is called ``val`` elsewhere is ``validation`` here, as is usual there.
Source: the documentation of ``datasets``, "Create a dataset card" and "Dataset features".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from cinemotion.dataset.export.content import Content, Item
from cinemotion.dataset.export.layout import Layout, describe_file
from cinemotion.dataset.export.parquet import FACTS, describe_rows, describe_tables, write_rows
from cinemotion.dataset.export.shards import shards

_NAMES = {"val": "validation"}
_SCHEMA = pa.schema(
    [
        pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        pa.field("label", pa.int64()),
        pa.field("id", pa.string()),
        *FACTS,
    ]
)
_LOADING = """\
import datasets

dataset = datasets.load_dataset(".")
sample = dataset["{split}"][0]
sample["image"], dataset["{split}"].features["label"].int2str(sample["label"])"""


def write_huggingface(content: Content, folder: Path, *, shard_bytes: int) -> Layout:
    """Write shards; see :class:`~cinemotion.dataset.export.layout.Exporter`.

    A split without samples has a shard too, so that it can be loaded.
    """
    schema = _SCHEMA.with_metadata({"huggingface": json.dumps({"info": _info(content)})})
    (folder / "data").mkdir()
    paths = []
    for split in content.splits:
        for number, items in enumerate(shards(content.items(split), shard_bytes)):
            paths.append(_path(folder, split, number))
            write_rows(paths[-1], schema, items, _row)
        if not any(content.counts[split].values()):
            paths.append(_path(folder, split, 0))
            write_rows(paths[-1], schema, [], _row)
    names = {split: _NAMES.get(split, split) for split in content.splits}
    return Layout(
        loading=_LOADING.format(split=names[content.splits[0]]),
        distribution=[
            *(describe_file(path, folder) for path in paths),
            describe_tables("data/*.parquet"),
        ],
        records=[describe_rows(schema)],
        data_files={name: f"data/{name}-*.parquet" for name in names.values()},
    )


def _path(folder: Path, split: str, number: int) -> Path:
    return folder / "data" / f"{_NAMES.get(split, split)}-{number:05}.parquet"


def _row(item: Item) -> dict[str, Any]:
    return {
        "image": {"bytes": item.picture.data, "path": item.file},
        "label": item.number,
        "id": item.id,
        "distribution": item.distribution,
        **item.origin,
    }


def _info(content: Content) -> dict[str, Any]:
    """The features as ``datasets`` writes them into a schema."""
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    features["label"] = {"names": list(content.classes), "_type": "ClassLabel"}
    features["id"] = {"dtype": "string", "_type": "Value"}
    for column in FACTS:
        if pa.types.is_list(column.type):
            value = {"dtype": "float64", "_type": "Value"}
            features[column.name] = {"feature": value, "_type": "Sequence"}
        else:
            kind = "float64" if pa.types.is_floating(column.type) else "string"
            features[column.name] = {"dtype": kind, "_type": "Value"}
    return {"features": features}
