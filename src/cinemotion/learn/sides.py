"""One side of a frozen version as a model meets it: its samples in order, and their labels.

rows = side_rows(content, "train")              # by class and id
hard_labels(rows)                               # int32 (n,)
soft_labels(content, rows)                      # float32 (n, classes)
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.export.content import Content


def side_rows(content: Content, split: str) -> pl.DataFrame:
    """The samples of a side by class and id, the order of Keras' loader without shuffling.

    Returns:
        The columns of :meth:`Version.samples`, and ``class``: the number of the label among the
        version's classes, int32.

    Raises:
        BadInputError: There is no such side, or nothing is on it.
    """
    if split not in content.splits:
        raise BadInputError(f"split must be one of {', '.join(content.splits)}, got {split!r}")
    rows = content.rows.filter(pl.col("split") == split)
    if not rows.height:
        raise BadInputError(f"the split {split!r} has no kept sample with a class")
    number = pl.col("label").replace_strict(content.classes, range(len(content.classes)))
    return rows.with_columns(number.cast(pl.Int32).alias("class")).sort("class", "id")


def hard_labels(rows: pl.DataFrame) -> NDArray[np.int32]:
    """The number of each sample's class, int32 ``(n,)``."""
    return rows["class"].to_numpy()


def soft_labels(content: Content, rows: pl.DataFrame) -> NDArray[np.float32]:
    """Shares of votes among the classes, float32 ``(n, classes)``; other answers are left out."""
    shares = np.array(rows["distribution"].to_list(), np.float64)
    chosen = shares[:, [content.labels.index(name) for name in content.classes]]
    summed: NDArray[np.float64] = chosen.sum(axis=1, keepdims=True)
    return (chosen / summed).astype(np.float32)
