"""One state of a whole dataset, read while builds, imports and votes go on.

    cut = read_cut(store, annotators=None)
    cut.rows          # a row per sample of finished films and imports, with all that is known
    cut.mark          # votes up to this mark are resolved into the labels

The mark of the votes is taken first; then the writers of the tables are held off while they are
read, which takes a moment. What is committed later belongs to the next version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.deduplication import dedup_settings, pictures
from cinemotion.dataset.store import Store
from cinemotion.dataset.votes import Votes
from cinemotion.flows.curating.fingerprints import Progress, ensure_fingerprints
from cinemotion.flows.labelling.groups import group_keys
from cinemotion.flows.labelling.labels import resolve_labels

_PRINTS = ("id", "pixels", "phash", "dhash", "deviation")


@dataclass(frozen=True, slots=True)
class Cut:
    """What a dataset held at one moment.

    Attributes:
        rows: Sorted by ``id``: the columns of a version's manifest and origins, with
            ``distribution`` as label and share, and ``phash``, ``dhash``, ``deviation``.
        shown: ``id``, the keys of all levels and ``picture``, of all that was ever compared.
        pending: How many samples of unfinished films and imports were left out.
        mark: The last batch of votes that counts.
        split: The settings of the split.
        dedup: The settings of the search for twins, or ``None`` where there was none.
        recipes: The ids of the recipes that the films were built with.
        imports: The kinds of the imports.
        notes: ``films`` and ``sources``: names and rights.
    """

    rows: pl.DataFrame
    shown: pl.DataFrame
    pending: int
    mark: int
    split: dict[str, Any]
    dedup: dict[str, Any] | None
    recipes: list[str]
    imports: list[str]
    notes: dict[str, list[dict[str, Any]]]


def read_cut(
    store: Store,
    *,
    annotators: Sequence[str] | None,
    weights: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Cut:
    """Read a dataset in one state.

    Args:
        store: The dataset.
        annotators: Whose votes count; without it, everybody's.
        weights: What a vote of an annotator weighs; of the others, 1.
        progress: Told about fingerprints that have to be computed first.

    Raises:
        DatasetError: It was never split, or samples came in since.
    """
    dataset = Dataset(store)
    ensure_fingerprints(dataset, progress)  # may take long, so before the others have to wait
    mark = Votes(store.path).high_water()
    with store.still():
        labels = resolve_labels(dataset, upto=mark, annotators=annotators, weights=weights)
        found, dedup = read_assignment(store), dedup_settings(store)
        films, sources = dataset.films(), dataset.sources()
        prints = dataset.table("fingerprints", _PRINTS).unique("id")  # two runs may add equal ones
        keys = group_keys(dataset, upto=mark)
        shown = keys.join(pictures(dataset), on="id")
        samples = dataset.samples()
    if found is None:
        raise DatasetError(f"{store.path} was never split; run: cinemotion split {store.path}")
    assignment, settings = found
    finished = _finished(samples, films, sources)
    rows = (
        finished.select("id", "source", "member", "title", "seconds", "status", "reason")
        .join(keys, on="id", how="left")
        .join(prints, on="id", how="left")
        .join(labels, on="id", how="left")
        .join(
            assignment.select("id", "key", "split", bridge="reason", placed=pl.lit(True)),
            on="id",
            how="left",
        )
    )
    _check(store, rows)
    used = finished.select("film", "recipe").unique()
    films = films.join(used, on=["film", "recipe"], how="semi")
    return Cut(
        rows=_settled(rows).sort("id"),
        shown=shown,
        pending=samples.height - finished.height,
        mark=mark,
        split=settings,
        dedup=dedup,
        recipes=sorted(films["recipe"].unique()),
        imports=sorted(sources["kind"].to_list()),
        notes=_notes(films, sources),
    )


def _finished(samples: pl.DataFrame, films: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """The samples whose film or import has its mark."""
    settled = samples.filter(pl.col("status") != "pending")
    filmed = settled.filter(pl.col("source").is_null())
    imported = settled.filter(pl.col("source").is_in(sources["name"].implode()))
    return pl.concat([filmed.join(films, on=["film", "recipe"], how="semi"), imported])


def _check(store: Store, rows: pl.DataFrame) -> None:
    kept = rows.filter(pl.col("status") == "kept")
    if not kept.height:
        raise DatasetError(f"{store.path} has no kept sample of a finished film or import")
    if new := kept["placed"].null_count():
        raise DatasetError(
            f"{new} of {kept.height} kept samples of {store.path} have no side yet, as they came "
            f"in or came back after the split; run again: cinemotion split {store.path}"
        )
    if kept["pixels"].null_count():
        broken = kept.filter(pl.col("pixels").is_null())["id"]
        raise DatasetError(
            f"{len(broken)} kept samples of {store.path} cannot be decoded, the first is "
            f"{broken[0]}; restore the dataset from a copy or build it again"
        )


def _settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Fold in what the split rejected; what is rejected has no side."""
    bridges = (pl.col("status") == "kept") & pl.col("bridge").is_not_null()
    rows = rows.with_columns(
        status=pl.when(bridges).then(pl.lit("rejected")).otherwise("status"),
        reason=pl.when(bridges).then("bridge").otherwise("reason"),
    )
    side = pl.when(pl.col("status") == "kept").then("split")
    return rows.with_columns(split=side).drop("bridge", "placed")


def _notes(films: pl.DataFrame, sources: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Names and rights, without paths."""
    titles = films.select("film", "title", "edition", "group", "rights")
    return {
        "films": titles.unique("film").sort("film").to_dicts(),
        "sources": sources.select("name", "kind", "rights").sort("name").to_dicts(),
    }
