"""Fingerprints of a dataset's pictures: computed once, kept in the store.

    prints = ensure_fingerprints(open_dataset("dataset"))
    prints.columns                     # id, pixels, phash, dhash, deviation

Only samples that have none yet are decoded, some hundred at a time, on all cores. Each commit
stands for itself, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl
import pyarrow as pa

from cinemotion.curate.hashes import fingerprint
from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.tables import FINGERPRINTS

Progress = Callable[[int, int], None]
"""Called with how many pictures are done and how many there are to do."""

_CHUNK_PIXELS = 8 << 20  # decoded by one thread at a time: 24 MB, or one larger picture
_CROP_PIXELS = 256 * 256  # what a crop of a film has at most, by and large
_COMMIT_ROWS = 8192


def ensure_fingerprints(dataset: Dataset, progress: Progress | None = None) -> pl.DataFrame:
    """Compute the fingerprints that are missing, and return all of them.

    Args:
        dataset: An open dataset.
        progress: Told about how far it is.

    Returns:
        ``id``, ``pixels``, ``phash``, ``dhash``, ``deviation`` of every readable sample.

    Raises:
        DatasetError: A picture of the store cannot be decoded.
    """
    missing = _missing(dataset)
    done = 0
    ready: list[pa.Table] = []
    for rows in _computed(dataset, missing):
        ready.append(rows)
        done += rows.num_rows
        if progress is not None:
            progress(done, missing.height)
        if sum(part.num_rows for part in ready) >= _COMMIT_ROWS:
            dataset.store.append("fingerprints", pa.concat_tables(ready))
            ready = []
    if ready:
        dataset.store.append("fingerprints", pa.concat_tables(ready))
    # Two runs at once may both have added a row; they are equal.
    return dataset.table("fingerprints").unique("id", keep="first", maintain_order=True)


def _missing(dataset: Dataset) -> pl.DataFrame:
    """``id`` and number of ``pixels`` of the readable samples without a fingerprint."""
    crops = dataset.table("crops", ["id"]).with_columns(pixels=pl.lit(_CROP_PIXELS))
    stills = dataset.table("stills", ["id", "width", "height"]).select(
        "id", pixels=pl.col("width") * pl.col("height")
    )
    known = dataset.table("fingerprints", ["id"])
    readable = pl.concat([crops, stills.drop_nulls()], how="vertical_relaxed")
    return readable.join(known, on="id", how="anti", maintain_order="left")


def _computed(dataset: Dataset, missing: pl.DataFrame) -> Iterator[pa.Table]:
    """Rows of fingerprints, in the order of the samples; only a few chunks are in memory."""

    def compute(ids: Sequence[str]) -> pa.Table:
        found = fingerprint(dataset.images(ids))
        columns = [ids, found.pixels, found.phash, found.dhash, found.deviation]
        return pa.table(
            [pa.array(c, field.type) for c, field in zip(columns, FINGERPRINTS, strict=True)],
            schema=FINGERPRINTS,
        )

    threads = os.cpu_count() or 1
    chunks = _chunks(missing)
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[pa.Table]] = []
        for chunk in chunks:
            waiting.append(pool.submit(compute, chunk))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _chunks(missing: pl.DataFrame) -> Iterator[list[str]]:
    """Ids of samples whose pixels fit into memory together."""
    ids: list[str] = []
    total = 0
    for id, pixels in missing.iter_rows():
        if ids and total + pixels > _CHUNK_PIXELS:
            yield ids
            ids, total = [], 0
        ids.append(id)
        total += pixels
    if ids:
        yield ids
