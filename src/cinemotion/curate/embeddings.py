"""Vectors that say how alike two faces are, where hashes alone are not enough.

    vectors = Embeddings(ids, array, limit=0.3)
    confirm = vectors.confirm(samples["id"])
    confirm(rows, others)                     # bool (n,): close enough, as far as is known

Perceptual hashes see light and shade; a face network sees who it is. Two pictures whose hashes
are near count as twins only if their vectors are close too; a picture without a vector is judged
by its hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.curate.forest import Rows
from cinemotion.curate.groups import Confirm


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """A vector for each of some samples.

    Attributes:
        ids: The samples, each once.
        vectors: float32 ``(n, d)``, of any length but zero.
        limit: Greatest cosine distance of twins, 0 (same direction) to 2 (opposite).
        name: What they are, to be recorded with a run; ``None``: nobody says.

    Raises:
        BadInputError: Ids and vectors do not match, a vector is zero or not finite, or the limit
            is out of range.
    """

    ids: Sequence[str]
    vectors: Floats
    limit: float
    name: str | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.ids) != len(self.vectors):
            raise BadInputError(
                f"embeddings need one vector for each of the {len(self.ids)} ids, float32 (n, d); "
                f"got an array of shape {self.vectors.shape}"
            )
        if len(set(self.ids)) != len(self.ids):
            raise BadInputError("embeddings name a sample twice; give one vector for each id")
        lengths = np.linalg.norm(self.vectors, axis=1)
        if not np.all(np.isfinite(lengths) & (lengths > 0)):
            raise BadInputError("embeddings hold a vector that is zero or not finite; leave it out")
        if not 0 <= self.limit <= 2:
            raise BadInputError(f"the cosine distance of twins is 0 to 2, got {self.limit}")

    def confirm(self, ids: pl.Series) -> Confirm:
        """A function that tells which pairs of rows of ``ids`` are close, or not known."""
        known = pl.DataFrame({"id": pl.Series(self.ids, dtype=pl.String)}).with_row_index("place")
        place = (
            pl.DataFrame({"id": ids})
            .join(known, on="id", how="left", maintain_order="left")["place"]
            .cast(pl.Int64)
            .fill_null(-1)
            .to_numpy()
        )

        def close(rows: Rows, others: Rows) -> NDArray[np.bool_]:
            one, other = place[rows], place[others]
            result = np.ones(len(rows), bool)
            both = np.flatnonzero((one >= 0) & (other >= 0))
            a, b = self.vectors[one[both]], self.vectors[other[both]]
            lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
            result[both] = 1 - np.einsum("nd,nd->n", a, b) / lengths <= self.limit
            return result

        return close
