"""Keep the sides that an earlier split gave, and find what would bridge them.

    placed = keep_sides(grouping, twins, old, alike)
    placed.side          # of each sample's group, or -1: free
    placed.bridges       # samples that are twins of two sides: rejected

A group with samples of the earlier split keeps their side, and what is tied to it by twins goes
there too. Where new samples tie two sides together, each new group joins the side that it
shares most twins with, and the samples that are twins of another side are taken out. A new group
that shows a good part of groups on two sides is taken out as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import DatasetError
from cinemotion.curate.forest import Rows
from cinemotion.curate.splits import FREE
from cinemotion.flows.splitting.ties import Grouping, Pairs, among, joined

AlikeAmong = Callable[[Rows], Pairs]
"""All pairs of twins among some rows."""


class SidesConflictError(DatasetError):
    """The earlier split cannot be kept: what must stay together is on two sides."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What the earlier split decides.

    Attributes:
        group: int64 ``(n,)``, each sample's group: the row that stands for it.
        side: int64 ``(n,)``, its group's side, or :data:`FREE`.
        bridges: bool ``(n,)``, samples to reject.
    """

    group: Rows
    side: Rows
    bridges: NDArray[np.bool_]


def keep_sides(
    grouping: Grouping, twins: Pairs, old: Rows, alike: AlikeAmong, copies: Pairs
) -> Placed:
    """Fix the sides of groups that have one.

    Args:
        grouping: The groups of the level alone.
        twins: Pairs that connect all twins.
        old: int64 ``(n,)``, the side in the earlier split, or :data:`FREE`.
        alike: Gives all pairs of twins among some rows.
        copies: Pairs of rows of groups that show a good part of each other.

    Raises:
        SidesConflictError: Samples of one group, twins, or copies are on two sides already.
    """
    own, split = _sides(grouping.group, old)
    if split.any():
        name = grouping.names[int(np.flatnonzero(split)[0])]
        raise SidesConflictError(f"the earlier split has samples of {name} on two sides")
    _refuse_torn_copies(grouping, own, copies)
    whole = grouping.tied(joined(twins, copies)).group
    side, torn = _sides(whole, own)
    if not torn.any():
        return Placed(whole, side, torn)
    # Inside a torn component, the groups of the level stand alone again.
    group = np.where(torn, grouping.group, whole)
    rows = np.flatnonzero(torn)
    pairs, copies = alike(rows), among(copies, rows)
    side = np.where(torn, _join_most(grouping.group, own, joined(pairs, copies), torn), side)
    out = _crossing(side, old, pairs)
    a, b = copies
    for one in (a, b):  # the new group of the two
        across = (side[a] != side[b]) & (own[one] == FREE)
        out |= np.isin(grouping.group, grouping.group[one[across]])
    return Placed(group, side, out)


def _refuse_torn_copies(grouping: Grouping, own: Rows, copies: Pairs) -> None:
    a, b = copies
    torn = np.flatnonzero((own[a] != FREE) & (own[b] != FREE) & (own[a] != own[b]))
    if len(torn):
        one, other = (grouping.names[int(rows[torn[0]])] for rows in copies)
        raise SidesConflictError(
            f"the earlier split has {one} and {other}, of which one shows a good part of the "
            "other, on two sides"
        )


def _sides(group: Rows, old: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The side of each row's group, or FREE; and whether the group has several."""
    least = np.full(len(group), np.iinfo(np.int64).max)
    most = np.full(len(group), FREE)
    known = old != FREE
    np.minimum.at(least, group[known], old[known])
    np.maximum.at(most, group[known], old[known])
    several = (most != FREE) & (least != most)
    return most[group], several[group]


def _join_most(group: Rows, side: Rows, pairs: Pairs, torn: NDArray[np.bool_]) -> Rows:
    """The side of every torn row: of new groups, the side with which they share most twins.

    The group with the most twins on one side goes first, so that those which hang on it follow.
    """
    side = side.copy()
    a, b = np.concatenate(pairs), np.concatenate(pairs[::-1])
    while (open_ := torn & (side == FREE)).any():
        told = open_[a] & (side[b] != FREE)
        votes, counts = np.unique(
            np.stack([group[a[told]], side[b[told]]]), axis=1, return_counts=True
        )
        chosen, to = votes[:, np.argmax(counts)]
        side[group == chosen] = to
    return side


def _crossing(side: Rows, old: Rows, pairs: Pairs) -> NDArray[np.bool_]:
    """New samples to take out, so that no twin is left on another side; few of them."""
    out = np.zeros(len(side), bool)
    across = side[pairs[0]] != side[pairs[1]]
    a, b = pairs[0][across], pairs[1][across]
    if settled := int(((old[a] != FREE) & (old[b] != FREE)).sum()):
        raise SidesConflictError(f"the earlier split has {settled} pairs of twins on two sides")
    # Of an old and a new sample, the new one goes.
    out[a[old[b] != FREE]] = True
    out[b[old[a] != FREE]] = True
    while (left := ~out[a] & ~out[b]).any():
        a, b = a[left], b[left]
        out[np.argmax(np.bincount(np.concatenate([a, b])))] = True
    return out
