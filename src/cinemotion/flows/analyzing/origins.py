"""Where faces that were chosen out of an analysis come from, kept with their copies.

    put_origins(store, "analysis-3f…", {"Dawn-3f…/shot00000-track00003-0000123.png": "9c…"}, films)

Names of files cannot tell it: who is who over films, and what people are called, is found out later
and may change. So each run writes down anew who they are, of all films that the analysed dataset
knows, and a person stays one group in the dataset that the copies are in.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cinemotion.core.hashing import hash_json
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import ORIGINS
from cinemotion.flows.importing.intake import Naming

_PLACE = ["film", "recipe", "track"]
_WHO = ("character", "name", "person")
_DIGITS = 8  # of a hash that tells one dataset's p0001 from another's


def put_origins(store: Store, source: str, members: Mapping[str, str], analysed: Dataset) -> None:
    """Write down where imported pictures come from; what is known of earlier ones is renewed.

    Args:
        store: The dataset that they were imported into.
        source: The import's name in it.
        members: Names of files → the samples of the analysed dataset that they are copies of.
        analysed: The dataset that the analysis keeps its crops in.

    Raises:
        DatasetError: A dataset cannot be read or written.
    """
    naming = Naming(source)
    copies = pl.DataFrame(
        {"id": [naming.sample_id(name) for name in members], "sample": list(members.values())},
        schema={"id": pl.String, "sample": pl.String},
    )
    films = analysed.table("films", ["film", "recipe", "group"])
    crops = analysed.samples().filter(pl.col("recipe").is_not_null()).rename({"id": "sample"})
    new = copies.join(crops, on="sample").join(films, on=["film", "recipe"], how="left")
    before = pl.DataFrame(store.read("origins"))
    schema = before.schema
    new = new.select(pl.col(name).cast(kind) for name, kind in schema.items())
    rows = pl.concat([before.join(new, on="id", how="anti"), new])
    rows = rows.join(_cast(analysed), on=_PLACE, how="left", suffix="_now")
    known = pl.col("character_now").is_not_null()
    rows = rows.with_columns(
        pl.when(known).then(f"{name}_now").otherwise(name).alias(name) for name in _WHO
    ).select(schema.names())
    changed = rows.join(before, on=schema.names(), how="anti", nulls_equal=True)
    store.replace("origins", changed.to_arrow().cast(ORIGINS), key="id")


def _cast(analysed: Dataset) -> pl.DataFrame:
    """Who the tracks are, persons with ids that no other dataset gives to somebody else."""
    cast = analysed.cast()
    first = (
        cast.drop_nulls("person")
        .sort("film", "recipe", "character")
        .group_by("person", maintain_order=True)
        .agg(pl.col("film", "recipe", "character").first())
    )
    ids = {id: f"{id}-{hash_json(list(role))[:_DIGITS]}" for id, *role in first.iter_rows()}
    return cast.with_columns(
        pl.col("person").replace_strict(ids, default=None, return_dtype=pl.String)
    )
