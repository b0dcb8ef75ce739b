"""``characters.csv``: who the tracks are, for people to look through and to correct.

    write_cast(path, [Member("c01", "", (0, 3, 7))])
    members = read_cast(path, tracks)

A row per character: ``character,name,screen_seconds,tracks``. Writing a name names the character;
moving numbers of tracks from row to row moves the tracks; one ``character`` or one ``name`` in two
rows makes them one; a new row makes a new character; tracks that no row has are nobody's. An id is
part of names of files, and of columns beside ``film``, so that not every text can be one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.core.writing import replacing
from cinemotion.dataset.sheets import read_sheet

NAME = "characters.csv"
_COLUMNS = ("character", "name", "screen_seconds", "tracks")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_ID = re.compile(r"[\w-]{1,64}")
_TAKEN = ("film", "overview")  # the film's own rows, and its figures
_MOST = 1_000_000  # of a track's number: what is larger is a slip of the finger


@dataclass(frozen=True, slots=True)
class Member:
    """A character.

    Attributes:
        id: ``c01`` for who is on screen the longest, and so on.
        name: As the user says; empty where nobody did.
        tracks: Their numbers, ascending.
        screen_seconds: How long the character is on screen.
    """

    id: str
    name: str
    tracks: tuple[int, ...]
    screen_seconds: float = 0.0


def fingerprint(members: Sequence[Member]) -> str:
    """What a file of these members says: another one was edited."""
    return hash_json([[each.id, each.name, list(each.tracks)] for each in members])


def write_cast(path: Path, members: Sequence[Member]) -> None:
    """Write the file in one step."""
    with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for each in members:
            tracks = " ".join(map(str, each.tracks))
            writer.writerow([each.id, each.name, f"{each.screen_seconds:.2f}", tracks])


def read_cast(path: Path, tracks: Collection[int] | None = None) -> list[Member]:
    """Read the file as the user left it.

    Args:
        path: The file.
        tracks: The numbers that the film has; where they are not known yet, any will do.

    Returns:
        Characters in the order of the file; those of one id or one name are one.

    Raises:
        BadInputError: It cannot be read, an id cannot be one, or a track is in two characters, or
            not of this film.
    """
    found: dict[str, Member] = {}
    by_name: dict[str, str] = {}
    owner: dict[int, str] = {}
    for line, row in read_sheet(path, ["character", "tracks"]):
        id, name = row["character"], " ".join(row.get("name", "").split())  # subtitles have lines
        _check_id(id, path, line)
        id = by_name.get(name, id) if name else id
        for number in _numbers(row["tracks"], path, line):
            if tracks is not None and number not in tracks:
                raise BadInputError(
                    f"{path}, line {line}: the film has no track {number}; it has "
                    f"{len(tracks)}, see tracks.csv"
                )
            if owner.setdefault(number, id) != id:
                raise BadInputError(
                    f"{path}, line {line}: track {number} is in {owner[number]} already; a "
                    "track is one person's"
                )
        mine = tuple(sorted(number for number, of in owner.items() if of == id))
        known = found.get(id, Member(id, "", ()))
        found[id] = replace(known, name=known.name or name, tracks=mine)
        if name:
            by_name[name] = id
    return list(found.values())


def _check_id(id: str, path: Path, line: int) -> None:
    if not id:
        raise BadInputError(f"{path}, line {line}: a character needs an id, for instance c07")
    if not _ID.fullmatch(id):
        raise BadInputError(
            f"{path}, line {line}: {id!r} is no id of a character; use up to 64 letters, digits, "
            "- and _, and write what to call it under name"
        )
    if id.casefold() in _TAKEN:
        raise BadInputError(
            f"{path}, line {line}: {id!r} is no id of a character, since the film's own rows and "
            "figures are called so; use another, for instance c07"
        )


def _numbers(text: str, path: Path, line: int) -> list[int]:
    """``0 3 7-9`` as numbers."""
    numbers: list[int] = []
    for part in re.split(r"[\s,;]+", text.strip()):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last or last > _MOST:
            raise BadInputError(
                f"{path}, line {line}: {part!r} names no tracks; write numbers or ranges, such "
                "as 0 3 7-9"
            )
        numbers += range(first, last + 1)
    return numbers
