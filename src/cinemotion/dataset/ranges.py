"""Annotations of stretches of film, ``[start, end)``, kept as they were made.

    Range("Nosferatu", Fraction(12), Fraction(31, 2), "fear", character="Ellen")
    Range("Nosferatu", Fraction(240), Fraction(310), "fear", unit="frames")

A range names its film as the annotator did: by id, the beginning of one, title or file name.
Which samples it speaks of is found out when labels are resolved (``flows/labelling/labels.py``),
so that a film that is built later, or again with other settings, receives them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal

from cinemotion.core.emotions import plain
from cinemotion.core.errors import BadInputError

SHORTEST_PREFIX = 6  # hexadecimal digits of a film's id that may stand for all 64


@dataclass(frozen=True, slots=True)
class Range:
    """What one annotator says of a stretch of film.

    Attributes:
        film: The film, by id, the beginning of an id, title or file name.
        start: The first moment, in ``unit``.
        end: The first moment that no longer belongs to it.
        label: The class.
        character: Whose face is meant; ``None``: every face on screen.
        unit: ``seconds`` on the player's clock, or ``frames``: ordinals from 0.
        annotator: Who says so.
    """

    film: str
    start: Fraction
    end: Fraction
    label: str
    character: str | None = None
    unit: Literal["seconds", "frames"] = "seconds"
    annotator: str = "human"

    def __post_init__(self) -> None:
        if not self.film or not self.label or not self.annotator:
            raise BadInputError("a range needs a film, a label and an annotator")
        if not plain(self.label):
            raise BadInputError(f"{self.label!r} is no label; expected a word such as happy")
        if not 0 <= self.start < self.end:
            raise BadInputError(
                f"a range is [start, end) with 0 <= start < end, got {self.start} to {self.end}"
            )

    def overlaps(self, other: Range) -> bool:
        """Whether both speak of the same moment, as far as their units tell."""
        return self.unit != other.unit or (self.start < other.end and other.start < self.end)


def films_named(name: str, films: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of the films that a name stands for; more than one: it is not clear which.

    Args:
        name: An id, the beginning of one (at least six digits), a title, or a file name with or
            without its folder and suffix. Case counts only in the absence of a closer match.
        films: Rows with ``film``, ``title`` and ``path``.
    """
    rows = list(films)
    for matches in (_is_id, _is_title_or_file, _is_nearly):
        found = sorted({row["film"] for row in rows if matches(name, row)})
        if found:
            return found
    return []


def _is_id(name: str, row: Mapping[str, Any]) -> bool:
    return len(name) >= SHORTEST_PREFIX and str(row["film"]).startswith(name.casefold())


def _names(row: Mapping[str, Any]) -> set[str]:
    path = PurePosixPath(str(row["path"] or "").replace("\\", "/"))
    return {str(row["title"] or ""), str(path), path.name, path.stem} - {"", "."}


def _is_title_or_file(name: str, row: Mapping[str, Any]) -> bool:
    return name in _names(row)


def _is_nearly(name: str, row: Mapping[str, Any]) -> bool:
    """The same but for case, or the file name of a path from another machine."""
    wanted = {name.casefold(), PureWindowsPath(name).name.casefold()}
    return not wanted.isdisjoint(known.casefold() for known in _names(row))
