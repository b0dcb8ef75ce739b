"""Read a dataset: its samples as a table, its crops as arrays.

dataset = open_dataset("dataset")
kept = dataset.samples().filter(pl.col("status") == "kept")
crop = dataset.image(kept["id"][0])        # uint8 (224, 224, 3), RGB
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

import lance
import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.core.types import Image
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import FRAMES, QUALITY

if TYPE_CHECKING:
    from cinemotion.dataset.versions import Version

_ORIGIN = (
    *("id", "film", "recipe", "pts", "time_base_num", "time_base_den", "seconds"),
    *("box", "landmarks", "crop_landmarks", "score"),
)
_FACTS = ("id", "frame", "shot", "track", *QUALITY, "quality", "status", "reason")
_STILL = ("id", "source", "member", "film", "scene", "character", "clip", "frame")
_TAKEN = (
    *("id", "film", "title", "shot", "track", "pts", "time_base_num", "time_base_den", "seconds"),
    *("character", "name", "person"),
)
_TWINS = {"exact": "exact_twin", "near": "near_twin", "track": "track_limit"}
# Where a sample's bytes are: what came from films, and what was imported.
_BYTES = ("crops", "stills")


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
        """One row per sample, kept and rejected, ordered by origin, time and id.

        Columns: ``id``; ``film`` (SHA-256; of imports the name that their group pattern found),
        ``title``, ``path``; ``shot``, ``track``, ``frame`` (ordinal from 0); ``pts``,
        ``time_base_num``, ``time_base_den``, ``seconds``; ``box`` (xyxy, pixels of the frame),
        ``landmarks`` (five points xy, pixels of the frame), ``crop_landmarks`` (pixels of the
        crop), ``score``; the quality scores and their ``quality`` in [0, 1]; of imports
        ``source``, ``member``, ``scene`` and ``clip``; ``character`` (of analysed films its id
        there, of imports what the pattern found), ``name`` (what people call it) and ``person``
        (its id over films); ``status`` (``kept``, ``rejected``, or ``pending`` in a film that is
        not finished) and ``reason``; ``keeper``, the sample kept of its group of twins.

        An imported picture that came out of an analysis has film, title, time, shot and track of
        the crop that it is a copy of, and no ``recipe``: it was not built here.
        """
        facts = self.table("facts", _FACTS)
        films = self.table("films", ["film", "recipe", "title", "path"])
        filmed = self.table("crops", _ORIGIN).join(facts, on="id", how="left")
        filmed = filmed.join(films, on=["film", "recipe"], how="left")
        filmed = filmed.join(self.cast(), on=["film", "recipe", "track"], how="left")
        stills = self._stills().join(facts.drop("frame", "shot", "track"), on="id", how="left")
        twins = self.table("duplicates", ["id", "keeper", "kind"])
        rejected = (pl.col("status") == "kept") & (pl.col("keeper") != pl.col("id"))
        samples = (
            pl.concat([filmed, stills], how="diagonal")
            .join(twins, on="id", how="left")
            .with_columns(
                reason=pl.when(rejected)
                .then(pl.col("kind").replace_strict(_TWINS, return_dtype=pl.String, default=None))
                .otherwise("reason"),
                status=pl.when(rejected)
                .then(pl.lit("rejected"))
                .otherwise(pl.col("status").fill_null("pending")),
            )
            .drop("kind")
        )
        place = ("path", "film", "recipe", "pts", "source", "member", "id")
        return samples.sort(*place, nulls_last=True)

    def frames(self) -> pl.DataFrame:
        """One row per frame that the sampling chose, and what came of it.

        ``outcome`` is ``faces``, ``no_face``, ``frame``, or ``unchanged``: a picture that stood
        still since the sampled frame at ``same_as_pts`` and was not looked at again. Thumbnails are
        left out: ``table("frames", ["film", "recipe", "pts", "colours"])`` has them.
        """
        names = [name for name in FRAMES.names if name != "colours"]
        return self.table("frames", names).sort("film", "recipe", "pts")

    def shots(self) -> pl.DataFrame:
        """One row per shot of every finished film."""
        return self.table("shots").sort("film", "recipe", "shot")

    def films(self) -> pl.DataFrame:
        """One row per film that was tried, with its status and reason."""
        return self.table("films").sort("path")

    def sources(self) -> pl.DataFrame:
        """One row per finished import."""
        return self.table("sources").sort("name")

    def cast(self) -> pl.DataFrame:
        """One row per track of an analysed film that is somebody's.

        Columns: ``film``, ``recipe``, ``track``; ``character`` (its id in this film); ``name``,
        what people call it: a person with one name in any film has it in all of them; ``person``,
        its id over films. The last two may be null.
        """
        cast = self.table("cast").with_columns(name=pl.coalesce("person_name", "name"))
        names = (
            cast.drop_nulls(["person", "name"])
            .group_by("person")
            .agg(named=pl.col("name").first(), several=pl.col("name").n_unique() > 1)
            .filter(~pl.col("several"))
            .drop("several")
        )
        known = cast.join(names, on="person", how="left")
        named = known.with_columns(name=pl.coalesce("name", "named"))
        place = ("film", "recipe", "track")
        return named.select(*place, "character", "name", "person").unique(place, keep="first")

    def image(self, id: str) -> Image:
        """The crop of a sample: uint8 ``(S, S, 3)``, RGB.

        Raises:
            DatasetError: No sample has this id.
        """
        return self.images([id])[0]

    def images(self, ids: Sequence[str]) -> list[Image]:
        """The pictures of several samples, in the order asked for; faster than one by one.

        Crops of films are ``(S, S, 3)``; imported pictures have the size they came with.
        """
        return [decode_image(item) for item in self.encoded(ids)]

    def encoded(self, ids: Sequence[str]) -> list[bytes]:
        """The same pictures as the bytes of image files, as they are stored.

        Raises:
            DatasetError: No sample has such an id, or its picture could not be read on import.
        """
        try:
            return self._encoded(ids)
        except (OSError, ValueError, KeyError):
            # A build may have added or compacted since we opened the table: look again.
            for name in ("_tables", "_rows"):
                self.__dict__.pop(name, None)
            try:
                return self._encoded(ids)
            except KeyError as error:
                raise DatasetError(f"no picture of sample {error} in {self.path}") from error

    def _encoded(self, ids: Sequence[str]) -> list[bytes]:
        places = [self._rows[id] for id in ids]
        data: list[bytes] = [b""] * len(ids)
        for table in {table for table, _ in places}:
            wanted = [i for i, place in enumerate(places) if place[0] == table]
            rows = [places[i][1] for i in wanted]
            images = self._tables[table].take(rows, columns=["image"])["image"].to_pylist()
            for i, image in zip(wanted, images, strict=True):
                if image is None:
                    raise DatasetError(f"sample {ids[i]} could not be read when it was imported")
                data[i] = image
        return data

    def table(self, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of one table of the store (see ``dataset/tables.py``), all columns or some."""
        frame = pl.from_arrow(self.store.read(name, columns))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def _stills(self) -> pl.DataFrame:
        """Imported pictures, with their place in the film where an analysis knew it."""
        stills, taken = self.table("stills", _STILL), self.table("origins", _TAKEN)
        both = ("film", "character")
        return (
            stills.join(taken, on="id", how="left", suffix="_taken")
            .with_columns(pl.coalesce(f"{name}_taken", name).alias(name) for name in both)
            .drop(f"{name}_taken" for name in both)
        )

    @cached_property
    def _tables(self) -> dict[str, lance.LanceDataset]:
        # One state of the tables for both the row numbers and the bytes.
        folders = {name: self.path / f"{name}.lance" for name in _BYTES}
        return {
            name: lance.dataset(str(folder)) for name, folder in folders.items() if folder.exists()
        }

    @cached_property
    def _rows(self) -> dict[str, tuple[str, int]]:
        rows = {}
        for name, table in self._tables.items():
            ids = table.to_table(columns=["id"])["id"].to_pylist()
            rows.update({id: (name, row) for row, id in enumerate(ids)})
        return rows


@overload
def open_dataset(path: Path | str) -> Dataset: ...
@overload
def open_dataset(path: Path | str, version: str) -> Version: ...
def open_dataset(path: Path | str, version: str | None = None) -> Dataset | Version:
    """Open a dataset for reading, or one of its frozen versions.

    Args:
        path: The dataset's folder.
        version: A version's tag or id; without it, the working state.

    Raises:
        DatasetError: There is none in this folder, or no such version of it.
    """
    if version is not None:
        from cinemotion.dataset.versions import open_version

        return open_version(Path(path), version)
    return Dataset(Store.open(Path(path)))
