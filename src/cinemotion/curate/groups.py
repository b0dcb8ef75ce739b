"""Group near twins around the one that is kept, so that no chain makes a group too wide.

    keeper = group_near(prints.phash, prints.dhash, near, rank=rank)
    keeper[3]                                # the row kept of the group of row 3; itself if kept

Nearness is no equivalence: a slow pan joins pictures that look nothing alike, step by step. So
what hangs together is split again: the best picture takes all that are near to it, then the
best of the rest, and so on. Each member is within the limits of its keeper, any two members
within twice the limits, and no two keepers are near each other. The result depends on the
hashes and the ranks alone, not on the order of the rows.

Source: the greedy "leader" clustering of J. Hartigan, "Clustering Algorithms" (1975), run
inside the connected components, whose leaders it cannot change.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.forest import Forest, Rows
from cinemotion.curate.hashes import Bits
from cinemotion.curate.neighbours import Nearness, links

Confirm = Callable[[Rows, Rows], NDArray[np.bool_]]
"""Whether pictures whose hashes are near are twins, for pairs of rows."""


def group_near(
    phash: Bits,
    dhash: Bits,
    near: Nearness,
    *,
    rank: Rows | None = None,
    blank: NDArray[np.bool_] | None = None,
    confirm: Confirm | None = None,
) -> Rows:
    """The keeper of every picture.

    Args:
        phash: uint64 ``(n,)``.
        dhash: uint64 ``(n,)``.
        near: The limits.
        rank: int64 ``(n,)``, all different, lowest is best; without it, the order of the rows.
        blank: bool ``(n,)``; these are near to nothing.
        confirm: Has the last word on two pictures whose hashes are near.

    Returns:
        int64 ``(n,)``, the row of the keeper, which is the row itself where it is kept. Rows
        with the same keeper are a group.
    """
    rank = np.arange(len(phash)) if rank is None else rank
    forest = _connect(phash, dhash, near, blank)
    keeper = np.arange(len(phash))
    part = forest.find(keeper)
    # The best of each part comes first in it; parts of one are done.
    rows = np.lexsort((rank, part))
    rows = rows[_shared(part[rows])]
    while len(rows):
        first = np.flatnonzero(np.diff(part[rows], prepend=-1))
        best = np.repeat(rows[first], np.diff(first, append=len(rows)))
        taken = near.holds(phash[rows], phash[best], dhash[rows], dhash[best])
        if confirm is not None:
            taken[taken] = confirm(rows[taken], best[taken])
        taken |= rows == best
        keeper[rows[taken]] = best[taken]
        rows = rows[~taken]
        rows = rows[_shared(part[rows])]
    return keeper


def _connect(phash: Bits, dhash: Bits, near: Nearness, blank: NDArray[np.bool_] | None) -> Forest:
    """What hangs together."""
    clear = np.arange(len(phash)) if blank is None else np.flatnonzero(~blank)
    i, j = links(phash[clear], dhash[clear], near)
    forest = Forest(len(phash))
    forest.join(clear[i], clear[j])
    return forest


def _shared(part: Rows) -> NDArray[np.bool_]:
    """Which places of a sorted array hold a value that occurs more than once."""
    starts = np.append(np.diff(part, prepend=-1) != 0, True)
    alone: NDArray[np.bool_] = starts[:-1] & starts[1:]
    return ~alone
