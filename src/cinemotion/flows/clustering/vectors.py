"""From the pictures of a version to vectors, some at a time.

    for done in compute(version, rows, extractor, batch=64):
        done.ids, done.vectors, done.reasons

Reading and decoding run ahead on all cores while the extractor works; what is in memory is
bounded by numbers of pictures and of pixels, whatever the dataset holds. A picture that cannot
be used is a row with a reason.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from cinemotion.core.errors import DatasetError
from cinemotion.core.pixels import hash_pixels
from cinemotion.core.types import Floats, Image
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.versions import Version
from cinemotion.learn.features import Extractor

_READ = 64  # pictures whose files are read at once
_BATCH_PIXELS = 16 << 20  # in one batch: 48 MB, or one larger picture

_T = TypeVar("_T")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What came of some samples.

    Attributes:
        ids: The samples.
        vectors: float32 ``(n, d)``; NaN where there is a reason.
        reasons: Why a sample has no vector, or ``None``.
    """

    ids: list[str]
    vectors: Floats
    reasons: list[str | None]


def compute(
    version: Version, rows: pl.DataFrame, extractor: Extractor, *, batch: int
) -> Iterator[Vectors]:
    """Compute the vectors of samples, in their order.

    Args:
        version: Where the pictures are.
        rows: ``id`` and ``pixels`` of the samples.
        extractor: What computes.
        batch: The most pictures that it is given at once.
    """
    for part in _batches(_pictures(version, rows), batch):
        images = [found for _, found in part if not isinstance(found, str)]
        usable = np.array([not isinstance(found, str) for _, found in part], bool)
        vectors = np.full((len(part), extractor.dimensions), np.nan, np.float32)
        if images:
            vectors[usable] = extractor(images)
        reasons = [_reason(found, vector) for (_, found), vector in zip(part, vectors, strict=True)]
        yield Vectors([id for id, _ in part], vectors, reasons)


def joined(parts: Iterable[Vectors], rows: int) -> Iterator[Vectors]:
    """The same in larger parts: of so many rows, or a few more."""
    waiting: list[Vectors] = []
    for part in parts:
        waiting.append(part)
        if sum(len(some.ids) for some in waiting) >= rows:
            yield _join(waiting)
            waiting = []
    if waiting:
        yield _join(waiting)


def _join(parts: list[Vectors]) -> Vectors:
    return Vectors(
        [id for part in parts for id in part.ids],
        np.concatenate([part.vectors for part in parts]),
        [reason for part in parts for reason in part.reasons],
    )


def _pictures(version: Version, rows: pl.DataFrame) -> Iterator[tuple[str, Image | str]]:
    """Each sample with its picture, or with the reason why there is none."""
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        files = (file for part in rows.iter_slices(_READ) for file in _files(version, part))
        yield from _ahead(pool, _picture, files, threads)


def _files(version: Version, rows: pl.DataFrame) -> list[tuple[str, str, bytes | str]]:
    """Id, hash of the pixels, and the bytes of each picture, or why there are none."""
    ids = rows["id"].to_list()
    found: list[bytes | str]
    try:
        found = list(version.encoded(ids))
    except DatasetError:
        # One of them cannot be had: which?
        found = [_file(version, id) for id in ids]
    return list(zip(ids, rows["pixels"].to_list(), found, strict=True))


def _file(version: Version, id: str) -> bytes | str:
    try:
        return version.encoded([id])[0]
    except DatasetError as error:
        return str(error)


def _picture(file: tuple[str, str, bytes | str]) -> tuple[str, Image | str]:
    """Decode a picture and check that it shows what was frozen."""
    id, pixels, data = file
    if isinstance(data, str):
        return id, data
    if not data:
        return id, "the store holds no bytes of it"
    try:
        image = decode_image(data)
    except DatasetError as error:
        return id, str(error)
    if hash_pixels(image) != pixels:
        return id, "its pixels are not those that were frozen"
    return id, image


def _reason(found: Image | str, vector: Floats) -> str | None:
    if isinstance(found, str):
        return found
    return None if np.isfinite(vector).all() else "its vector has numbers that are not finite"


def _batches(
    pictures: Iterable[tuple[str, Image | str]], batch: int
) -> Iterator[list[tuple[str, Image | str]]]:
    part: list[tuple[str, Image | str]] = []
    total = 0
    for id, found in pictures:
        size = 0 if isinstance(found, str) else found.shape[0] * found.shape[1]
        if part and (len(part) == batch or total + size > _BATCH_PIXELS):
            yield part
            part, total = [], 0
        part.append((id, found))
        total += size
    if part:
        yield part


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[_T], _Result], items: Iterable[_T], threads: int
) -> Iterator[_Result]:
    """Results in order; only so many are begun before they are asked for."""
    waiting: deque[Future[_Result]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > threads:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
