"""What every source of pictures gives: names first, then the members with their bytes.

    source = open_source(Path("faces.zip"))
    source.names()                       # ['Angry/a.png', …], nothing decoded yet
    for member in source.members(skip=set()):
        member.name, member.label, len(member.data)

A new kind of source is a class like :class:`Source` and a line in ``registry.SOURCES``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cinemotion.core.hashing import hash_json


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a source says about a picture.

    Attributes:
        label: A class name as it came.
        count: How many raters said so.
        annotator: Who said so; ``None`` where the source does not name anybody.
    """

    label: str
    count: int = 1
    annotator: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One picture file of a source.

    Attributes:
        name: Its name inside the source, with forward slashes; unique there.
        data: The file's bytes; empty where there is a ``problem``.
        problem: Why there are no bytes.
        label: Its class name as it came, if it has one.
        ballots: What is said about it, the label included.
    """

    name: str
    data: bytes = b""
    problem: str | None = None
    label: str | None = None
    ballots: tuple[Ballot, ...] = ()


@dataclass(slots=True)
class Remarks:
    """What a user should know about a source that was opened.

    Attributes:
        left_out: Names of files that are no pictures.
        notices: Sentences.
    """

    left_out: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class Source(Protocol):
    """A source of pictures; opening one checks all of it that can be checked unread."""

    kind: str
    path: Path
    remarks: Remarks

    def names(self) -> Sequence[str]:
        """The names of all members."""

    def members(self, skip: Container[str]) -> Iterator[Member]:
        """All members but those named in ``skip``, read one after the other."""

    def state(self) -> str:
        """A cheap hash that changes when the source does; tells whether to go on or to restart."""

    def digest(self, names: Sequence[str]) -> str:
        """A hash of the content: of the whole file, or of these members where more may come."""


def file_state(*paths: Path) -> str:
    """What :meth:`Source.state` is of files: changes with any one's size or time."""
    stamps = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    return hash_json(stamps)
