r"""Which clip, film or character an imported picture belongs to, read off its name.

    grouping = guess_grouping(names)                       # None where nothing can be guessed
    grouping = parse_grouping(r"(?P<film>[^/]+)_(?P<frame>\d+)")
    grouping.groups("Angry/ANGRY_02_0007.png")             # {'clip': 'ANGRY_02', 'frame': 7}

Consecutive frames of a clip are nearly the same picture: they must not be torn apart by a split.
A guess wants evidence (nearly all names, several frames each, densely numbered), since pictures
that have nothing to do with each other would else be tied together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from cinemotion.core.errors import BadInputError

LEVELS = ("film", "scene", "character", "clip", "track")
FRAME = "frame"

# A clip's name ends in a number of its own, so that "Training_3908" is no frame of "Training".
_CLIP_FRAME = r"(?:^|/)(?P<clip>[^/]*[^\W_]+[_-]\d{1,6})[_-](?P<frame>\d{2,9})\.[^./]+$"

_SHARE = 0.9  # of all names that must fit a guess
_FRAMES_PER_CLIP = 2.0  # at least, on average
_GAP = 50  # largest usual step between the numbers of two frames of a clip
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Grouping:
    """A pattern on members' names.

    Attributes:
        pattern: A regular expression with named groups out of ``LEVELS`` and ``frame``, searched
            in the whole name.
        guessed: Whether nobody asked for it.
    """

    pattern: re.Pattern[str]
    guessed: bool = False

    def groups(self, name: str) -> dict[str, Any]:
        """What a name says: the levels as text, ``frame`` as a number; empty where it fits not.

        Raises:
            BadInputError: The frame is no number.
        """
        match = self.pattern.search(name)
        if match is None:
            return {}
        found: dict[str, Any] = {k: v for k, v in match.groupdict().items() if v}
        if FRAME in found:
            found[FRAME] = _number(found[FRAME], name)
        return found


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a grouping makes of the names of a source.

    Attributes:
        matched: Names that fit.
        names: All names.
        values: Level → number of different values.
        examples: Some names that fit, with their groups, from different clips.
        unmatched: A name that does not fit, if there is one.
    """

    matched: int
    names: int
    values: dict[str, int]
    examples: list[tuple[str, dict[str, Any]]]
    unmatched: str | None


def parse_grouping(pattern: str) -> Grouping:
    """A grouping from a regular expression that a user gave.

    Raises:
        BadInputError: It is no regular expression, or names no group that we know.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadInputError(
            f"group pattern {pattern!r} is no regular expression ({error})"
        ) from error
    known = {*LEVELS, FRAME}
    named = set(compiled.groupindex)
    if not named or named - known:
        wrong = f"unknown group {sorted(named - known)[0]!r}" if named else "no named group"
        raise BadInputError(
            f"group pattern {pattern!r} has {wrong}; name groups out of "
            f"{', '.join((*LEVELS, FRAME))}, as in (?P<clip>.+)_(?P<frame>\\d+)"
        )
    return Grouping(compiled)


def guess_grouping(names: Sequence[str]) -> Grouping | None:
    """The grouping of names like ``ANGRY_02_0000.png``: clip and frame; ``None`` without evidence.

    Args:
        names: The members' names of a source.
    """
    grouping = Grouping(re.compile(_CLIP_FRAME), guessed=True)
    clips: dict[str, list[int]] = defaultdict(list)
    for name in names:
        if found := grouping.groups(name):
            clips[found["clip"]].append(found[FRAME])
    matched = sum(map(len, clips.values()))
    if matched < _SHARE * len(names) or matched < _FRAMES_PER_CLIP * len(clips) or not matched:
        return None
    gaps = np.concatenate([np.diff(sorted(frames)) for frames in clips.values()])
    return grouping if np.median(gaps) <= _GAP else None


def cover(grouping: Grouping, names: Sequence[str]) -> Coverage:
    """What a grouping makes of names, to be shown.

    Raises:
        BadInputError: It fits none of them.
    """
    values: dict[str, set[str]] = {level: set() for level in grouping.pattern.groupindex}
    examples: list[tuple[str, dict[str, Any]]] = []
    matched, unmatched = 0, None
    for name in names:
        found = grouping.groups(name)
        if not found:
            unmatched = unmatched or name
            continue
        matched += 1
        new = [level for level in found if level != FRAME and found[level] not in values[level]]
        if (new or not examples) and len(examples) < 3:
            examples.append((name, found))
        for level in found:
            values[level].add(found[level])
    if not matched:
        raise BadInputError(
            f"group pattern {grouping.pattern.pattern!r} fits none of {len(names)} names, the "
            f"first is {PurePosixPath(names[0])}; correct it, or leave it out"
        )
    counts = {level: len(found) for level, found in values.items() if level != FRAME}
    return Coverage(matched, len(names), counts, examples, unmatched)


def _number(text: str, name: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST:
        raise BadInputError(
            f"group pattern: frame {text!r} of {name} is no number; let it match digits alone"
        )
    return int(text)
