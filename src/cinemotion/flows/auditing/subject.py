"""What is described: the samples of a dataset, or of a frozen version, in one table.

subject = open_subject("dataset@v1")
subject.samples.filter(pl.col("status") == "kept")["label"].value_counts()
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cinemotion.dataset.assignment import read_assignment
from cinemotion.dataset.dataset import Dataset, open_dataset
from cinemotion.dataset.reference import split_reference
from cinemotion.dataset.tables import QUALITY
from cinemotion.dataset.versions import Version
from cinemotion.flows.labelling.groups import group_keys
from cinemotion.flows.labelling.labels import resolve_labels

SCORES = ("quality", *QUALITY)
# A film by its title; of an import its name, and that of the film if the names of files tell.
_FILM = pl.col("film").str.strip_prefix("film/")
_ORIGIN = pl.coalesce("title", pl.concat_str("source", _FILM, separator="/"), "source", "film")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is described.

    Attributes:
        dataset: The dataset.
        version: The frozen version of it, or ``None``: the working state.
        samples: A row per sample, by ``id``: ``origin`` (title of the film or name of the
            import), ``label``, ``split``, ``status``, ``reason``, the groups of ``LEVELS`` and
            the quality scores.
    """

    dataset: Dataset
    version: Version | None
    samples: pl.DataFrame


def open_subject(reference: str) -> Subject:
    """Open a dataset, or a version, to describe it.

    Args:
        reference: ``DATASET`` or ``DATASET@VERSION``.

    Raises:
        DatasetError: There is none.
    """
    path, name = split_reference(reference)
    dataset = open_dataset(path)
    if name is None:
        return Subject(dataset, None, _working_rows(dataset))
    version = open_dataset(path, name)
    return Subject(dataset, version, _version_rows(dataset, version))


def _working_rows(dataset: Dataset) -> pl.DataFrame:
    samples = dataset.samples().with_columns(origin=_ORIGIN)
    assigned = read_assignment(dataset.store)
    sides = pl.DataFrame(schema={"id": pl.String, "split": pl.String, "bridge": pl.String})
    if assigned is not None:
        sides = assigned[0].select("id", "split", bridge="reason")
    bridges = (pl.col("status") == "kept") & pl.col("bridge").is_not_null()
    return (
        samples.select("id", "origin", "status", "reason", *SCORES)
        .join(resolve_labels(dataset).select("id", "label"), on="id", how="left")
        .join(group_keys(dataset), on="id", how="left")
        .join(sides, on="id", how="left")
        .with_columns(
            status=pl.when(bridges).then(pl.lit("rejected")).otherwise("status"),
            reason=pl.when(bridges).then("bridge").otherwise("reason"),
        )
        .drop("bridge")
        .sort("id")
    )


def _version_rows(dataset: Dataset, version: Version) -> pl.DataFrame:
    """The samples of a version; how good a picture is does not change, and is not in it."""
    samples = version.samples().with_columns(origin=_ORIGIN)
    scores = dataset.table("facts", ["id", *SCORES])
    return samples.join(scores, on="id", how="left")
