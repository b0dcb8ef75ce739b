"""Find pictures that look alike, among millions, by their hashes.

    near = Nearness()
    i, j = links(prints.phash, prints.dhash, near)       # enough to see what hangs together
    pairs = closest_across(prints.phash, prints.dhash, sides, k=10)

Two pictures are near if pHash **and** dHash differ in few bits. All pairs of a clump would be
too many to list; `links` gives what connects it and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.curate.closest import Pair, closest_across
from cinemotion.curate.forest import Rows
from cinemotion.curate.hashes import Bits
from cinemotion.curate.linking import Linker

__all__ = ["MOST_BITS", "Nearness", "Pair", "closest_across", "links"]

MOST_BITS = 10
"""The index is made for small distances; beyond this, unrelated pictures are near by chance."""

_ALL = 64


@dataclass(frozen=True, slots=True)
class Nearness:
    """When two pictures count as near twins: both hashes differ in few bits.

    Attributes:
        phash: At most so many bits of pHash differ.
        dhash: At most so many bits of dHash differ; 64 leaves dHash out of it.
        min_deviation: A picture whose luma deviates less than this (0-255) is blank, and near
            to nothing: its hashes are noise.
    """

    phash: int = 6
    dhash: int = 10
    min_deviation: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.phash <= MOST_BITS or not 0 <= self.dhash <= 64:
            raise BadInputError(
                f"near twins differ in 0 to {MOST_BITS} bits of pHash and 0 to 64 of dHash, got "
                f"{self.phash} and {self.dhash}"
            )

    def blank(self, deviation: Floats) -> NDArray[np.bool_]:
        """Which pictures are blank, bool ``(n,)``, by the deviation of their luma."""
        return np.asarray(~(deviation >= self.min_deviation), bool)

    def holds(
        self, phash: Bits, other_phash: Bits, dhash: Bits, other_dhash: Bits
    ) -> NDArray[np.bool_]:
        """Whether pictures with these hashes are near; arrays are matched as NumPy does."""
        alike: NDArray[np.bool_] = np.bitwise_count(phash ^ other_phash) <= self.phash
        alike &= np.bitwise_count(dhash ^ other_dhash) <= self.dhash
        return alike


def links(phash: Bits, dhash: Bits, near: Nearness) -> tuple[Rows, Rows]:
    """Pairs that connect everything that near pairs connect, without listing all of them.

    Args:
        phash: uint64 ``(n,)``.
        dhash: uint64 ``(n,)``.
        near: The limits. Blank pictures are left out by the caller (:meth:`Nearness.blank`).

    Returns:
        Rows ``i < j`` of near pairs, int64 ``(m,)`` each: the graph with these edges has the
        same connected components as the graph of all near pairs.
    """
    if near.dhash >= _ALL:
        return Linker((phash,), (near.phash,)).run()
    return Linker((phash, dhash), (near.phash, near.dhash)).run()
