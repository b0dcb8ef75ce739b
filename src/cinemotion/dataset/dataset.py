"""Read a dataset: its samples as a table, its crops as arrays.

dataset = open_dataset("dataset")
kept = dataset.samples().filter(pl.col("status") == "kept")
crop = dataset.image(kept["id"][0])        # uint8 (224, 224, 3), RGB
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import lance
import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.core.types import Image
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import QUALITY

_ORIGIN = (
    *("id", "film", "recipe", "pts", "time_base_num", "time_base_den", "seconds"),
    *("box", "landmarks", "crop_landmarks", "score"),
)
_FACTS = ("id", "frame", "shot", "track", *QUALITY, "quality", "status", "reason")


class Dataset:
    """A dataset, opened for reading.

    Args:
        store: Where it is kept.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def path(self) -> Path:
        """The dataset's folder."""
        return self.store.path

    def samples(self) -> pl.DataFrame:
        """One row per sample, kept and rejected, ordered by film, time and id.

        Columns: ``id``; ``film`` (SHA-256), ``title``, ``path``; ``shot``, ``track``,
        ``frame`` (ordinal from 0); ``pts``, ``time_base_num``, ``time_base_den``, ``seconds``;
        ``box`` (xyxy, pixels of the frame), ``landmarks`` (five points xy, pixels of the frame),
        ``crop_landmarks`` (pixels of the crop), ``score``; the quality scores and their
        ``quality`` in [0, 1]; ``status`` (``kept``, ``rejected``, or ``pending`` in a film that
        is not finished) and ``reason``.
        """
        origin = self._table("crops", _ORIGIN)
        facts = self._table("facts", _FACTS)
        films = self._table("films", ["film", "recipe", "title", "path"])
        samples = origin.join(facts, on="id", how="left").join(
            films, on=["film", "recipe"], how="left"
        )
        samples = samples.with_columns(pl.col("status").fill_null("pending"))
        return samples.sort("path", "film", "recipe", "pts", "id", nulls_last=True)

    def frames(self) -> pl.DataFrame:
        """One row per frame that the sampling chose, and what came of it.

        ``outcome`` is ``faces``, ``no_face``, ``frame``, or ``unchanged``: a picture that stood
        still since the sampled frame at ``same_as_pts`` and was not looked at again.
        """
        return self._table("frames", None).sort("film", "recipe", "pts")

    def shots(self) -> pl.DataFrame:
        """One row per shot of every finished film."""
        return self._table("shots", None).sort("film", "recipe", "shot")

    def films(self) -> pl.DataFrame:
        """One row per film that was tried, with its status and reason."""
        return self._table("films", None).sort("path")

    def image(self, id: str) -> Image:
        """The crop of a sample: uint8 ``(S, S, 3)``, RGB.

        Raises:
            DatasetError: No sample has this id.
        """
        return self.images([id])[0]

    def images(self, ids: Sequence[str]) -> list[Image]:
        """The crops of several samples, in the order asked for; faster than one by one."""
        try:
            data = self._encoded(ids)
        except (OSError, ValueError, KeyError):
            # A build may have added or compacted since we opened the table: look again.
            for name in ("_crops", "_rows"):
                self.__dict__.pop(name, None)
            try:
                data = self._encoded(ids)
            except KeyError as error:
                raise DatasetError(f"no sample {error} in {self.path}") from error
        return [decode_image(item) for item in data]

    def _encoded(self, ids: Sequence[str]) -> list[bytes]:
        rows = [self._rows[id] for id in ids]
        data: list[bytes] = self._crops.take(rows, columns=["image"])["image"].to_pylist()
        return data

    def _table(self, name: str, columns: Sequence[str] | None) -> pl.DataFrame:
        frame = pl.from_arrow(self.store.read(name, columns))
        assert isinstance(frame, pl.DataFrame)
        return frame

    @cached_property
    def _crops(self) -> lance.LanceDataset:
        # One state of the table for both the row numbers and the bytes.
        return lance.dataset(str(self.path / "crops.lance"))

    @cached_property
    def _rows(self) -> dict[str, int]:
        if not (self.path / "crops.lance").exists():
            return {}
        ids = self._crops.to_table(columns=["id"])["id"].to_pylist()
        return {id: row for row, id in enumerate(ids)}


def open_dataset(path: Path | str) -> Dataset:
    """Open a dataset for reading.

    Raises:
        DatasetError: There is none in this folder.
    """
    return Dataset(Store.open(Path(path)))
