"""Samples in portions: into files of a bounded size, and into groups of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from cinemotion.dataset.export.content import Item

# What a sample adds beside its picture: headers, label and origin.
_BESIDE = 4096


def shards(items: Iterable[Item], shard_bytes: int) -> Iterator[Iterator[Item]]:
    """Cut samples into shards, in their order; a shard is read before the next is asked for.

    Args:
        items: The samples.
        shard_bytes: A shard ends before it grows larger than this; it holds at least one sample.
    """
    number = size = 0

    def shard(item: Item) -> int:
        nonlocal number, size
        cost = len(item.picture.data) + _BESIDE
        if size and size + cost > shard_bytes:
            number, size = number + 1, 0
        size += cost
        return number

    for _, group in groupby(items, key=shard):
        yield group


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Up to ``size`` samples at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
