"""Which part (train, val, test) and class a file belongs to, by the folders that it lies in.

    layout = find_layout(["fer/train/happy/1.png", "fer/test/sad/2.png"])
    layout.place("fer/train/happy/1.png")       # Place(part="train", label="happy")

The first level of folders at which a split's name is seen divides the parts; the class is the
folder below it, as Keras' ``image_dataset_from_directory`` has it, or the one above it where the
classes come first (``happy/train/1.png``). Without any split's name all is one part, and the
class is the innermost folder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cinemotion.core.emotions import canonical, plain

TRAIN, VAL, TEST = "train", "val", "test"
WHOLE = "all"
OTHER = "other"
UNASSIGNED = "unassigned"
"""Samples of a split dataset that are on no side: their twins leak nowhere."""

ORDER = (TRAIN, VAL, TEST)

_NAMES = {
    TRAIN: "train training",
    VAL: "val valid validation dev eval publictest public_test",
    TEST: "test testing privatetest private_test",
}
_ENDINGS = ("", "_set", "set", "_data", "_images", "_split")
_PARTS = {
    name + ending: part
    for part, names in _NAMES.items()
    for name in names.split()
    for ending in _ENDINGS
}
# How shards of one table are numbered: train-00000-of-00004.
_SHARD = re.compile(r"[-_.]\d+([-_]of[-_]\d+)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture belongs: its part, and its class name or ``None``."""

    part: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the folders of a tree are meant.

    Attributes:
        depth: Level of folders at which the parts divide, from 0; ``None``: one part only.
        classes_first: Whether the classes are the level above, not the level below.
    """

    depth: int | None
    classes_first: bool = False

    def place(self, name: str) -> Place:
        """The part and the class of a file.

        Args:
            name: Its name inside the tree, with forward slashes.
        """
        folders = folders_of(name)
        if self.depth is None:
            return Place(WHOLE, tidy(folders[-1]) if folders else None)
        part = part_named(folders[self.depth]) if len(folders) > self.depth else None
        if part is None:
            return Place(OTHER, tidy(folders[-1]) if folders else None)
        at = self.depth - 1 if self.classes_first else self.depth + 1
        return Place(part, tidy(folders[at]) if len(folders) > at else None)


def find_layout(names: Sequence[str]) -> Layout:
    """How the folders of a tree are meant, by the names of all its files."""
    trails = {tuple(folders_of(name)) for name in names}
    deepest = max(map(len, trails), default=0)
    for depth in range(deepest):
        split = {trail for trail in trails if len(trail) > depth and part_named(trail[depth])}
        if split:
            below = any(len(trail) > depth + 1 for trail in split)
            above = {trail[depth - 1] for trail in split} if depth else set()
            return Layout(depth, classes_first=not below and len(above) > 1)
    return Layout(None)


def part_named(name: str) -> str | None:
    """The part that a name stands for, in any case and wording, or ``None``.

    ``PublicTest`` and ``PrivateTest`` are FER2013's names for its validation and test parts.
    """
    return _PARTS.get(plain(_SHARD.sub("", name)))


def tidy(label: str) -> str:
    """A class name such that two wordings of one emotion are one class."""
    return canonical(label) or plain(label) or label


def in_part_order(names: set[str]) -> tuple[str, ...]:
    """Train, val and test first, then the others by name."""
    known = tuple(name for name in ORDER if name in names)
    return (*known, *sorted(names.difference(known)))


def folders_of(name: str) -> list[str]:
    """The folders on the way to a file; a zip in a zip is one, without its suffix."""
    return [re.sub(r"\.zip$", "", part, flags=re.I) for part in PurePosixPath(name).parts[:-1]]
