"""What the columns of a table of pictures mean.

columns = find_columns(schema, path)
columns.names(table, split="train")      # the members' names
columns.member(name, row)                # a picture with its label and votes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cinemotion.core.emotions import FERPLUS, canonical
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources import fer2013, ferplus
from cinemotion.dataset.sources.limits import tame_name
from cinemotion.dataset.sources.metadata import LABELS
from cinemotion.dataset.sources.source import Ballot, Member

_PICTURES = ("image", "img", "picture", "face", "pixels", "bytes")
_IDS = ("id", "image_id", "file_name", "filename", "path", "name")
_SPLITS = ("usage", "split")
_FER2013 = "fer2013"  # a label column that names its annotator
_VOTES, _ORDER = "votes", b"votes_order"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    Attributes:
        picture: The pictures: bytes, or structs of ``bytes`` and ``path``.
        id: What names a row, if there is such a column.
        split: The split that a row is in, if there is such a column.
        label: The class, if there is such a column.
        classes: The names that a number in ``label`` stands for; empty where it holds words.
        votes: What the counts in column ``votes`` are for; empty where there is none.
        rater: Who counted them.
        notices: What a user should know.
    """

    picture: str
    id: str | None
    split: str | None
    label: str | None
    classes: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    rater: str = _VOTES
    notices: list[str] = field(default_factory=list)

    @property
    def needed(self) -> list[str]:
        """The columns to read for a picture with what is said about it."""
        return [self.picture, *filter(None, (self.label,)), *([_VOTES] if self.votes else [])]

    def names(self, table: pq.ParquetFile, split: str | None, first: int = 0) -> list[str]:
        """The members' names: the split, if known, and the row's id or number.

        Args:
            table: The file.
            split: The split of all rows, where no column tells.
            first: The number of the first row.
        """
        wanted = [name for name in (self.id, self.split) if name]
        rows = table.metadata.num_rows
        columns = table.read(wanted) if wanted else None
        ids = columns[self.id].to_pylist() if columns and self.id else [None] * rows
        splits = columns[self.split].to_pylist() if columns and self.split else [split] * rows
        return [
            "/".join(filter(None, (tame_name(splits[i]), tame_name(ids[i]) or f"{first + i:08d}")))
            for i in range(rows)
        ]

    def rows(self, batch: pa.RecordBatch, limit: int) -> Iterator[dict[str, Any]]:
        """The rows of a batch; a picture above ``limit`` bytes is left unread."""
        pictures = batch[self.picture]
        said = batch.select([name for name in self.needed if name != self.picture]).to_pylist()
        for i in range(batch.num_rows):
            data = pictures[i]
            if isinstance(data, pa.StructScalar):
                data = data["bytes"]
            size = len(data.as_buffer()) if data.is_valid else 0
            problem = f"{size} bytes, at most {limit} are read" if size > limit else None
            if not size:
                problem = "the row holds no picture"
            row = said[i] if said else {}
            yield row | {"data": b"" if problem else data.as_py(), "problem": problem}

    def member(self, name: str, row: Mapping[str, Any]) -> Member:
        """The picture of a row, with its label and votes."""
        label = self._label(row.get(self.label) if self.label else None)
        ballots = []
        if label is not None:
            annotator = fer2013.ANNOTATOR if self.label == _FER2013 else None
            ballots.append(Ballot(label, annotator=annotator))
        for said, count in zip(self.votes, row.get(_VOTES) or (), strict=False):
            if count and count > 0:
                ballots.append(Ballot(said, int(count), self.rater))
        return Member(name, row["data"], row["problem"], label, tuple(ballots))

    def _label(self, value: Any) -> str | None:
        if value is None or value == "":
            return None
        if isinstance(value, int) and self.classes:
            # ClassLabel writes -1 for "none".
            return self.classes[value] if 0 <= value < len(self.classes) else None
        return str(value)


def find_pictures(schema: pa.Schema) -> str | None:
    """The column of pictures: the only one that can be one, or one with a usual name."""
    able = [column.name for column in schema if _holds_pictures(column.type)]
    named = [name for name in _PICTURES if name in able]
    return named[0] if named else able[0] if len(able) == 1 else None


def find_columns(schema: pa.Schema, path: Path) -> Columns:
    """The meaning of a table's columns, by their names and types.

    Raises:
        BadInputError: No column, or none that is named, can hold pictures.
    """
    picture = find_pictures(schema)
    if picture is None:
        raise BadInputError(
            f"{path} has no column of pictures (bytes, or a struct with bytes; columns: "
            f"{', '.join(schema.names) or 'none'}); name it {_PICTURES[0]}"
        )
    notices: list[str] = []
    label = next((name for name in (*LABELS, _FER2013) if name in schema.names), None)
    if label is not None and not _holds_labels(schema.field(label).type):
        notices.append(f"column {label} holds {schema.field(label).type}: no labels were taken")
        label = None
    votes = _votes_order(schema)
    is_ferplus = tuple(map(canonical, votes)) == FERPLUS
    return Columns(
        picture=picture,
        id=_text_column(schema, _IDS),
        split=_text_column(schema, _SPLITS),
        label=label,
        classes=_class_names(schema, label),
        votes=votes,
        rater=ferplus.ANNOTATOR if is_ferplus else _VOTES,
        notices=notices,
    )


def _text_column(schema: pa.Schema, names: tuple[str, ...]) -> str | None:
    for name in names:
        if name in schema.names and _is_text(schema.field(name).type):
            return name
    return None


def _holds_pictures(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_pictures(kind.field("bytes").type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _holds_labels(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return _is_text(kind) or bool(pa.types.is_integer(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _class_names(schema: pa.Schema, label: str | None) -> tuple[str, ...]:
    """The names of a ``ClassLabel``, as ``datasets`` writes them into the schema's metadata."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = features["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(map(str, names))


def _votes_order(schema: pa.Schema) -> tuple[str, ...]:
    order = (schema.metadata or {}).get(_ORDER, b"").decode("utf-8", "replace")
    if _VOTES not in schema.names or not order:
        return ()
    kind = schema.field(_VOTES).type
    numbers = pa.types.is_list(kind) and pa.types.is_integer(kind.value_type)
    return tuple(order.split(",")) if numbers else ()
