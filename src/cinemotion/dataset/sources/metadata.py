"""The metadata files of a Hugging Face ``imagefolder``: which picture has which label.

    labels = read_metadata(tree)     # {'train/a.png': 'happy', 'train/b.png': None}, or None

``metadata.csv``, ``metadata.jsonl`` or ``metadata.parquet`` lies beside the pictures or above
them; its ``file_name`` is relative to its own folder.

Source: https://huggingface.co/docs/datasets/image_dataset
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.trees import Tree

LABELS = ("label", "labels", "emotion", "expression", "class")
"""Columns that may hold the class name, the first one that is there."""

_NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_FILE = "file_name"

Row = Mapping[str, Any]


def read_metadata(tree: Tree) -> dict[str, str | None] | None:
    """The labels that a tree's metadata files give.

    Returns:
        Picture's name in the tree → class name as it came, or ``None``; or ``None`` altogether
        where the tree is no ``imagefolder``.

    Raises:
        BadInputError: A metadata file cannot be read.
    """
    labels: dict[str, str | None] = {}
    found = False
    for member in tree.read(is_metadata):
        if member.problem is not None:
            raise BadInputError(f"{tree.path}: {member.name} cannot be read ({member.problem})")
        folder = PurePosixPath(member.name).parent
        for row in _rows(member.name, member.data, tree):
            if not row.get(_FILE):
                continue
            found = True
            labels[(folder / str(row[_FILE])).as_posix()] = _label(row)
    return labels if found else None


def is_metadata(name: str) -> bool:
    """Whether a file's name is that of a metadata file."""
    return PurePosixPath(name).name in _NAMES


def _label(row: Row) -> str | None:
    for column in LABELS:
        if column in row:
            value = row[column]
            return None if value in (None, "") else str(value)
    return None


def _rows(name: str, data: bytes, tree: Tree) -> Iterable[Row]:
    try:
        if name.endswith(".parquet"):
            table: list[Row] = pq.read_table(pa.BufferReader(data)).to_pylist()
            return table
        text = data.decode("utf-8-sig")
        if name.endswith(".csv"):
            return list(csv.DictReader(io.StringIO(text)))
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (pa.ArrowException, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        line = " ".join(str(error).split())[:200]
        raise BadInputError(
            f"{tree.path}: {name} cannot be read ({line}); correct or remove it"
        ) from error
    if not all(isinstance(row, dict) for row in rows):
        raise BadInputError(f"{tree.path}: {name} needs a JSON object on every line")
    return rows
