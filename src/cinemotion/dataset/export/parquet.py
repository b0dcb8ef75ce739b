"""Parquet: ``train.parquet``, a row per sample with the picture's bytes, label and origin.

The schema's metadata names the ``classes`` and what the shares of ``distribution`` stand for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.dataset.export.content import ORIGIN, Content, Item
from cinemotion.dataset.export.layout import Layout, describe_column, describe_file
from cinemotion.dataset.export.shards import batches

ROWS = 128
"""Rows in a group: what a reader must read to get one."""

FACTS = (
    pa.field("distribution", pa.list_(pa.float64())),
    *(pa.field(name, pa.string()) for name in ORIGIN),
    pa.field("seconds", pa.float64()),
)
"""The columns that say what a sample's votes were and where it came from."""

_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("image", pa.binary()),  # a PNG or JPEG file
        pa.field("label", pa.string()),
        pa.field("class", pa.int64()),  # the label's place among the classes
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        *FACTS,
    ]
)
_KINDS = {
    pa.string(): "sc:Text",
    pa.float64(): "sc:Float",
    pa.int64(): "sc:Integer",
    pa.int32(): "sc:Integer",
    pa.binary(): "sc:ImageObject",
}
_LOADING = """\
import polars as pl

train = pl.read_parquet("{split}.parquet")"""


def write_parquet(content: Content, folder: Path, *, shard_bytes: int) -> Layout:
    """Write a file per split.

    See :class:`~cinemotion.dataset.export.layout.Exporter`; nothing here is sharded.
    """
    named = {"classes": content.classes, "labels": content.labels}
    schema = _SCHEMA.with_metadata({name: json.dumps(value) for name, value in named.items()})
    paths = []
    for split in content.splits:
        paths.append(folder / f"{split}.parquet")
        write_rows(paths[-1], schema, content.items(split), _row)
    return Layout(
        loading=_LOADING.format(split=content.splits[0]),
        distribution=[
            *(describe_file(path, folder) for path in paths),
            describe_tables("*.parquet"),
        ],
        records=[describe_rows(schema)],
        data_files={split: f"{split}.parquet" for split in content.splits},
    )


def write_rows(
    path: Path,
    schema: pa.Schema,
    items: Iterable[Item],
    row: Callable[[Item], dict[str, Any]],
) -> None:
    """Write samples as a Parquet file, some rows at a time; none give a file without rows."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches(items, ROWS):
            writer.write_table(pa.Table.from_pylist([row(item) for item in batch], schema))


def describe_tables(pattern: str) -> dict[str, Any]:
    """The Parquet files together, as Croissant's set of files."""
    return {
        "@type": "cr:FileSet",
        "@id": "tables",
        "name": "tables",
        "encodingFormat": "application/x-parquet",
        "includes": pattern,
    }


def describe_rows(schema: pa.Schema) -> dict[str, Any]:
    """The rows of the set ``tables`` as Croissant's records."""
    resource = {"fileSet": {"@id": "tables"}}
    fields = []
    for column in schema:
        repeated = pa.types.is_list(column.type)
        kind = _KINDS.get(column.type.value_type if repeated else column.type, "sc:ImageObject")
        described = describe_column("samples", column.name, resource, kind, repeated=repeated)
        if pa.types.is_struct(column.type):  # Hugging Face's picture: bytes and a path
            described["source"]["transform"] = {"jsonPath": "bytes"}
        fields.append(described)
    return {
        "@type": "cr:RecordSet",
        "@id": "samples",
        "name": "samples",
        "description": "A row per picture.",
        "key": {"@id": "samples/id"},
        "field": fields,
    }


def _row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "image": item.picture.data,
        "label": item.label,
        "class": item.number,
        "width": item.picture.width,
        "height": item.picture.height,
        "distribution": item.distribution,
        **item.origin,
    }
