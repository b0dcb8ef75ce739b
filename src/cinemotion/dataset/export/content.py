"""What an export holds: the kept samples of a version that have a class and a side.

    content = Content(open_version("dataset", "v1"))
    for item in content.items("train"):
        item.id, item.label, item.picture.data

Samples come in the order of their ids, which are hashes, so that classes are mixed; some are in
memory at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.export.pictures import PictureFile, portable
from cinemotion.dataset.versions import Version

ORIGIN = ("film", "scene", "character", "shot", "track", "source", "member", "title")
"""Where a sample came from, each a string or null; ``seconds`` is a float or null."""

Progress = Callable[[int, int], None]
"""Told how many samples of how many are done."""

_BATCH = 64
_SIDES = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """A sample to export.

    Attributes:
        id: Its id.
        split: Its side.
        label: Its class.
        number: The place of its class among the version's classes.
        distribution: Shares of the votes over the version's labels; they sum to 1.
        origin: :data:`ORIGIN` and ``seconds``.
        picture: The picture as a file.
    """

    id: str
    split: str
    label: str
    number: int
    distribution: list[float]
    origin: dict[str, Any]
    picture: PictureFile

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.id + self.picture.suffix


class Content:
    """What is exported of a version; see the module's docstring.

    Args:
        version: The version.
        progress: Told how far the pictures are.
    """

    def __init__(self, version: Version, progress: Progress | None = None) -> None:
        self.version = version
        self.progress = progress
        self.made = 0
        self._done = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered classes."""
        return self.version.classes

    @property
    def labels(self) -> tuple[str, ...]:
        """What the shares of a distribution stand for."""
        return tuple(self.version.record["labels"])

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The sides of the version: train, val and test, or fold0, fold1 and so on."""
        found = set(self._samples["split"].drop_nulls())
        others = sorted(found.difference(_SIDES), key=_natural)
        return (*(side for side in _SIDES if side in found), *others)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The samples that are exported, ordered by id; columns as in ``Version.samples``."""
        return self._samples.filter(self._state == "exported")

    @cached_property
    def left_out(self) -> dict[str, int]:
        """How many samples are not exported, by why."""
        states = self._state.filter(self._state != "exported").value_counts().sort("state")
        return dict(states.iter_rows())

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Samples by split and class; every class is there."""
        table = self.rows.group_by("split", "label").len()
        found = {(split, label): count for split, label, count in table.iter_rows()}
        return {
            split: {label: found.get((split, label), 0) for label in self.classes}
            for split in self.splits
        }

    def items(self, split: str) -> Iterator[Item]:
        """The samples of one side with their pictures, in the order of their ids.

        Raises:
            DatasetError: A picture is not what was frozen.
        """
        rows = self.rows.filter(pl.col("split") == split)
        # Decoding and hashing leave the interpreter's lock.
        with ThreadPoolExecutor() as pool:
            for batch in rows.iter_slices(_BATCH):
                encoded = self.version.encoded(batch["id"].to_list())
                table = batch.to_dicts()
                for item in pool.map(self._item, table, encoded):
                    self.made += item.picture.made
                    yield item
                self._done += len(table)
                if self.progress is not None:
                    self.progress(self._done, self.rows.height)

    def _item(self, row: dict[str, Any], data: bytes) -> Item:
        try:
            picture = portable(data, row["pixels"])
        except DatasetError as error:
            raise DatasetError(
                f"sample {row['id']} of {self.version.path} cannot be exported: {error}; restore "
                "the dataset from a copy"
            ) from error
        return Item(
            id=row["id"],
            split=row["split"],
            label=row["label"],
            number=self.classes.index(row["label"]),
            distribution=row["distribution"],
            origin={name: row[name] for name in (*ORIGIN, "seconds")},
            picture=picture,
        )

    @cached_property
    def _samples(self) -> pl.DataFrame:
        return self.version.samples()

    @cached_property
    def _state(self) -> pl.Series:
        """Of every sample ``exported``, or why it is not."""
        why = (
            pl.when(pl.col("status") != "kept")
            .then("status")
            .when(~pl.col("label").is_in(self.classes) | pl.col("label").is_null())
            .then(pl.lit("without a class"))
            .when(pl.col("split").is_null())
            .then(pl.lit("without a side"))
            .otherwise(pl.lit("exported"))
        )
        return self._samples.select(why.alias("state"))["state"]


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts fold2 before fold10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
