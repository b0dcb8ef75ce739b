"""Decode and hash all pictures of a gallery, on all cores, and keep the hashes only.

    pictures = scan(open_gallery(["fer"]))
    pictures.columns    # name, part, label, pixels, phash, dhash, deviation, reason

While one thread reads the next files the others decode; a few batches are in memory at a time,
bounded in bytes, so that memory does not grow with the number or the size of the pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl

from cinemotion.core.cores import usable_cores
from cinemotion.core.errors import UnreadableImageError
from cinemotion.core.types import Image
from cinemotion.curate.hashes import fingerprint
from cinemotion.dataset.pictures import take_picture
from cinemotion.flows.auditing.gallery import Exhibit, Gallery

Progress = Callable[[int, int], None]
"""Called with how many pictures are done and how many there are."""

SCANNED = pl.Schema(
    {
        **{name: pl.String() for name in ("name", "part", "label", "pixels")},
        "phash": pl.UInt64(),
        "dhash": pl.UInt64(),
        "deviation": pl.Float32(),
        "reason": pl.String(),
    }
)

_BATCH = 256  # pictures
_BATCH_BYTES = 4 << 20  # of files
_PIXEL_BYTES = 24 << 20  # of decoded pixels that one thread holds, or one larger picture

Row = tuple[Any, ...]


def scan(gallery: Gallery, progress: Progress | None = None) -> pl.DataFrame:
    """Look at every picture of a gallery.

    Args:
        gallery: The pictures.
        progress: Told about how far it is.

    Returns:
        A row per picture, in the gallery's order: ``name``, ``part``, ``label``; ``pixels``
        (SHA-256 of shape and RGB bytes), ``phash``, ``dhash`` (uint64), ``deviation`` (of luma,
        0-128); where it cannot be read, these are null and ``reason`` says why.
    """
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=SCANNED)]
    done = 0
    for rows in _looked_at(gallery):
        frames.append(pl.DataFrame(rows, SCANNED, orient="row"))
        done += len(rows)
        if progress is not None:
            progress(done, gallery.total)
    return pl.concat(frames)


def _looked_at(gallery: Gallery) -> Iterator[list[Row]]:
    threads = usable_cores()
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[list[Row]]] = deque()
        for batch in _batches(gallery.exhibits()):
            waiting.append(pool.submit(_look, batch))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batches(exhibits: Iterator[Exhibit]) -> Iterator[list[Exhibit]]:
    batch: list[Exhibit] = []
    size = 0
    for exhibit in exhibits:
        batch.append(exhibit)
        size += len(exhibit.data)
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _look(batch: Sequence[Exhibit]) -> list[Row]:
    rows: list[Row | None] = [None] * len(batch)
    held: dict[int, Image] = {}
    room = _PIXEL_BYTES
    for at, exhibit in enumerate(batch):
        try:
            image = held[at] = _decode(exhibit)
        except UnreadableImageError as error:
            rows[at] = (*_origin(exhibit), *(None,) * 4, str(error))
            continue
        room -= image.nbytes
        if room <= 0:
            _settle(batch, held, rows)
            room = _PIXEL_BYTES
    _settle(batch, held, rows)
    return [row for row in rows if row is not None]


def _settle(batch: Sequence[Exhibit], held: dict[int, Image], rows: list[Row | None]) -> None:
    """Turn the decoded pictures into rows and let go of them."""
    prints = fingerprint(list(held.values()))
    columns = (prints.pixels, prints.phash.tolist(), prints.dhash.tolist(), prints.deviation)
    for at, *found in zip(held, *columns, strict=True):
        rows[at] = (*_origin(batch[at]), *found, None)
    held.clear()


def _origin(exhibit: Exhibit) -> tuple[str, str, str | None]:
    return exhibit.name, exhibit.part, exhibit.label


def _decode(exhibit: Exhibit) -> Image:
    if exhibit.problem is not None:
        raise UnreadableImageError(exhibit.problem)
    return take_picture(exhibit.data).image
