"""``persons.csv``: who is the same person over films, for people to look through and to correct.

    write_persons(path, somebodies)
    said = read_persons(path, keys, titles)

A row per character of a film: ``person,name,title,film,recipe,character,tracks``. One ``person`` or
one ``name`` in several rows makes them one; another number, or another name, parts them; an empty
``person`` leaves it to faces. Rows that are not there are left to faces too.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.dataset.sheets import read_sheet

if TYPE_CHECKING:
    from cinemotion.flows.analyzing.persons import Key, Somebody

_COLUMNS = ("person", "name", "title", "film", "recipe", "character", "tracks")


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says: the person's id, and its name; either may be empty."""

    person: str
    name: str


def write_persons(path: Path, persons: Sequence[Somebody]) -> None:
    """Write the file in one step.

    Raises:
        BadInputError: It cannot be written.
    """
    with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for person in persons:
            for role in person.roles:
                writer.writerow(
                    (
                        *(person.id, person.name, role.title, role.film, role.recipe),
                        *(role.character, role.tracks),
                    )
                )


def read_persons(
    path: Path, keys: Collection[Key], titles: Mapping[tuple[str, str], str]
) -> dict[Key, Said]:
    """Read the file as the user left it.

    Args:
        path: The file; ``recipe`` may be missing, and ``film`` may be a title, where the dataset
            has one such character only.
        keys: The characters of the dataset.
        titles: The titles of its films.

    Raises:
        BadInputError: It cannot be read, or a row is of no character or of several, or of one that
            another row had.
    """
    found: dict[Key, Said] = {}
    for line, row in read_sheet(path, ["person", "film", "character"]):
        asked = (row["film"], row.get("recipe", ""), row["character"])
        fits = [
            key
            for key in keys
            if key[2] == asked[2]
            and asked[0] in (key[0], titles.get(key[:2]))
            and asked[1] in ("", key[1])
        ]
        if len(fits) != 1:
            what = "no such character" if not fits else "several such characters"
            raise BadInputError(
                f"{path}, line {line}: the dataset has {what}: {asked[2]!r} of {asked[0]!r}; the "
                "file that --out writes names each one"
            )
        if fits[0] in found:
            raise BadInputError(f"{path}, line {line}: {asked[2]!r} of {asked[0]!r} is there twice")
        found[fits[0]] = Said(row["person"], row.get("name", ""))
    return found
