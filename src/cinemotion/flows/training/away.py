"""Training samples that must be left out, as their twins are in data that a model is tested on.

    twins = twins_of(dataset, ["validation.parquet"], Nearness())
    twins["id"]                    # samples of the dataset; ``exact`` says whether pixels are equal

Of a dataset whose test pictures lie elsewhere, the proof in a version cannot speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.curate.hashes import Bits
from cinemotion.curate.neighbours import Nearness
from cinemotion.dataset.dataset import Dataset
from cinemotion.flows.auditing.gallery import open_gallery
from cinemotion.flows.auditing.scan import Progress, scan
from cinemotion.flows.curating.fingerprints import ensure_fingerprints

_PAIRS = 1 << 24  # compared at a time


def twins_of(
    dataset: Dataset,
    others: Sequence[Path | str],
    near: Nearness,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """The samples of a dataset that have a twin elsewhere.

    Args:
        dataset: The dataset.
        others: What ``cinemotion audit`` can read: folders, archives, tables, datasets.
        near: When two pictures are near twins.
        progress: Told about pictures that are read.

    Returns:
        ``id`` and ``exact`` (bool: the pixels are equal), sorted by ``id``.

    Raises:
        BadInputError: Something of ``others`` cannot be read.
    """
    empty = pl.DataFrame(schema={"id": pl.String, "exact": pl.Boolean})
    if not others:
        return empty
    mine = ensure_fingerprints(dataset, progress).sort("id")
    found = [empty]
    for other in others:
        theirs = scan(open_gallery([other]), progress).drop_nulls("pixels")
        exact = mine["pixels"].is_in(theirs["pixels"].implode())
        seen = theirs.filter(pl.Series(~near.blank(theirs["deviation"].to_numpy())))
        alike = _near(_hashes(mine), _hashes(seen), near)
        alike &= ~near.blank(mine["deviation"].to_numpy())
        rows = mine.select("id", exact=exact)
        found.append(rows.filter(exact | pl.Series(alike)))
    return pl.concat(found).group_by("id").agg(pl.col("exact").any()).sort("id")


def _hashes(prints: pl.DataFrame) -> tuple[Bits, Bits]:
    return prints["phash"].to_numpy(), prints["dhash"].to_numpy()


def _near(mine: tuple[Bits, Bits], theirs: tuple[Bits, Bits], near: Nearness) -> NDArray[np.bool_]:
    """Which of mine are near to any of theirs: bool ``(n,)``."""
    out = np.zeros(len(mine[0]), bool)
    if not len(theirs[0]):
        return out
    step = max(1, _PAIRS // len(theirs[0]))
    for at in range(0, len(out), step):
        phash, dhash = (bits[at : at + step, None] for bits in mine)
        out[at : at + step] = near.holds(phash, theirs[0], dhash, theirs[1]).any(axis=1)
    return out
