"""Features of a frozen version: computed once, kept in the dataset, read as a table.

    report = extract("dataset@v1", "hog")
    report.id, report.computed, report.reused       # "1f3a…", 812, 0
    table = load_features("dataset@v1", "hog")
    table.vectors                                   # float32 (812, 1764)

Only what is not there yet is computed, and committed some hundred samples at a time: a run that
was killed goes on where it was, and versions share what they have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.types import Floats
from cinemotion.dataset.features import PART_OF_ID, FeatureSet, FeatureStore, feature_id
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import Version, open_version
from cinemotion.flows.clustering.featurefile import check_out, write_features
from cinemotion.flows.clustering.vectors import compute, joined
from cinemotion.learn.features import Extractor, open_extractor

Progress = Callable[[int, int], None]
"""Told how many samples of how many are done."""

_COMMIT_ROWS = 512
_COMMIT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class FeaturesReport:
    """What came of computing features.

    Attributes:
        id: The feature set's: that of its recipe.
        name: How it was asked for, as in ``hog`` or ``onnx:faces.onnx``.
        dimensions: The length of a vector.
        samples: The kept samples of the version.
        computed: How many vectors are new.
        reused: How many were there.
        failed: Why samples have no vector, by id.
    """

    id: str
    name: str
    dimensions: int
    samples: int
    computed: int
    reused: int
    failed: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """The features of a version.

    Attributes:
        ids: The samples, sorted.
        vectors: float32 ``(n, d)``, a row for each.
        name: How they were asked for, as in ``hog``.
        recipe: All that the numbers depend on.
        samples: The rows of :meth:`Version.samples`, in the order of ``ids``.
    """

    ids: list[str]
    vectors: Floats
    name: str
    recipe: dict[str, Any]
    samples: pl.DataFrame


def extract(
    reference: str,
    spec: str,
    *,
    out: Path | None = None,
    batch: int = 64,
    progress: Progress | None = None,
) -> FeaturesReport:
    """Compute the features of a version's kept samples that are not there yet.

    Args:
        reference: ``DATASET@VERSION``.
        spec: The extractor; see :func:`cinemotion.learn.features.open_extractor`.
        out: Also write them into this file, ``.parquet`` or ``.npz``.
        batch: The most pictures that the extractor is given at once.
        progress: Told how far it is.

    Raises:
        BadInputError: The extractor cannot be opened, the version has no kept sample, or ``out``
            cannot be written.
        DatasetError: There is no such version, or another process computes the same.
    """
    if out is not None:
        check_out(out)
    version = _open(reference)
    samples = _kept(version)
    extractor = open_extractor(spec)
    store = FeatureStore(version.path)
    id = feature_id(extractor.recipe)
    with store.working(id):
        missing = samples.filter(~pl.col("id").is_in(store.known(id)))
        failed = _fill(
            store, version, missing, extractor, spec=spec, batch=batch, progress=progress
        )
        if out is not None:
            write_features(out, store, id, samples.filter(~pl.col("id").is_in(list(failed))))
    return FeaturesReport(
        id=id,
        name=spec,
        dimensions=extractor.dimensions,
        samples=samples.height,
        computed=missing.height - len(failed),
        reused=samples.height - missing.height,
        failed=failed,
    )


def load_features(reference: str, name: str) -> FeatureTable:
    """Read the features of a version's kept samples; those without a vector are left out.

    Args:
        reference: ``DATASET@VERSION``.
        name: How they were asked for, as in ``hog``; or the id of the feature set, or the
            first four digits of it and more.

    Raises:
        BadInputError: The version has no kept sample, or the name stands for nothing.
        DatasetError: There are no such features, or not of all samples.
    """
    version = _open(reference)
    samples = _kept(version)
    store = FeatureStore(version.path)
    entry = _find(store, reference, name)
    samples = samples.filter(~pl.col("id").is_in(list(store.failed(entry.id))))
    ids = samples["id"].to_list()
    vectors = store.read(entry.id, ids)
    return FeatureTable(ids, vectors, entry.spec, entry.recipe, samples)


def _open(reference: str) -> Version:
    return open_version(*need_version(reference))


def _kept(version: Version) -> pl.DataFrame:
    """The samples that have features: kept, labelled or not, and not forgotten."""
    samples = version.samples().filter(pl.col("status") == "kept")
    if not samples.height:
        raise BadInputError(f"version {version.id[:12]} of {version.path} holds no kept sample")
    return samples


def _fill(
    store: FeatureStore,
    version: Version,
    missing: pl.DataFrame,
    extractor: Extractor,
    *,
    spec: str,
    batch: int,
    progress: Progress | None,
) -> dict[str, str]:
    """Compute and commit; why samples have no vector, by id."""

    def forgotten() -> Collection[str]:
        return Version(version.store, version.id).redacted  # as it is now

    failed: dict[str, str] = {}
    total = missing.height
    at_once = max(batch, min(_COMMIT_ROWS, _COMMIT_BYTES // (4 * extractor.dimensions)))
    done = 0
    for part in joined(compute(version, missing, extractor, batch=batch), at_once):
        failed |= {id: why for id, why in zip(part.ids, part.reasons, strict=True) if why}
        store.add(
            extractor.recipe,
            part.ids,
            part.vectors,
            reasons=part.reasons,
            spec=spec,
            forgotten=forgotten,
        )
        done += len(part.ids)
        if progress is not None:
            progress(done, total)
    return failed


def _find(store: FeatureStore, reference: str, name: str) -> FeatureSet:
    """The feature set that a name stands for."""
    sets, found = store.list(), [*store.named(name)]
    if len(found) == 1:
        return found[0]
    if not PART_OF_ID.fullmatch(name):
        # Made more than once (by other versions of a library, from a model that was trained on),
        # or written otherwise: what the name stands for now decides.
        now = feature_id(open_extractor(name).recipe)
        found = [entry for entry in sets if entry.id == now]
        if found:
            return found[0]
    there = ", ".join(f"{entry.spec} ({entry.id})" for entry in sets) or "none"
    raise DatasetError(
        f"{reference} has no one set of features {name!r}, only: {there}; compute it with: "
        f"cinemotion features {reference} --with {name}"
    )
