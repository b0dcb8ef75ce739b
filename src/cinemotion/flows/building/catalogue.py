"""Which films a build is about, and what their owner says of them.

    entries = list_films([Path("films/")], catalogue=Path("films.csv"))
    entries[0].path, entries[0].title

``films.csv`` has the columns ``path`` (a path, also one seen from the list's own folder, a file
name or a pattern such as ``*/silent-*.mp4``) and any of ``title``, ``edition``, ``group``,
``rights``.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.video.probe import find_films

NOTES = ("title", "edition", "group", "rights")


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film file and what is known of it beside its content; ``None`` where nothing is said.

    Attributes:
        path: The file.
        title: Its title.
        edition: Which cut or restoration.
        group: Films that belong together (a series, say) share a group.
        rights: A note on what may be done with it.
    """

    path: Path
    title: str | None = None
    edition: str | None = None
    group: str | None = None
    rights: str | None = None

    @property
    def name(self) -> str:
        """The absolute path as text; bytes that are no UTF-8 are spelt out."""
        return os.fsencode(self.path.absolute()).decode("utf-8", "backslashreplace")

    @property
    def notes(self) -> dict[str, str]:
        """What is said of the film."""
        return {key: value for key in NOTES if (value := getattr(self, key)) is not None}


def list_films(paths: Sequence[Path], catalogue: Path | None) -> list[FilmEntry]:
    """Find the films and join the notes on them.

    Args:
        paths: Files and folders.
        catalogue: A ``films.csv``, or ``None``. The first row that matches a film counts.

    Raises:
        BadInputError: A path does not exist, nothing was found, or the catalogue is not one.
    """
    films = find_films(paths)
    if not films:
        places = ", ".join(str(path) for path in paths)
        raise BadInputError(f"no video file found in {places}; name a film or a folder of films")
    if catalogue is None:
        return [FilmEntry(path) for path in films]
    rows = _read_catalogue(catalogue)
    entries = []
    for path in films:
        notes = next((row for row in rows if _matches(path, row["path"], catalogue)), {})
        entries.append(FilmEntry(path, **{key: notes.get(key) or None for key in NOTES}))
    return entries


def unmatched_rows(entries: Sequence[FilmEntry], catalogue: Path) -> list[str]:
    """List the paths and patterns of a ``films.csv`` that no film answers to.

    Raises:
        BadInputError: The catalogue is not one.
    """
    patterns = [row["path"] for row in _read_catalogue(catalogue)]
    return [
        pattern
        for pattern in patterns
        if not any(_matches(entry.path, pattern, catalogue) for entry in entries)
    ]


def _matches(path: Path, pattern: str, catalogue: Path) -> bool:
    names = (str(path), str(path.absolute()), path.name)
    if pattern in names or any(fnmatchcase(name, pattern) for name in names):
        return True
    # What is no absolute path may also be meant from where the list lies.
    name = os.path.normpath(path.absolute())
    folder = os.path.normpath(catalogue.parent.absolute())
    if name == os.path.normpath(Path(folder, pattern)):
        return True
    return fnmatchcase(name, str(Path(escape(folder), pattern)))


def _read_catalogue(path: Path) -> list[dict[str, str]]:
    if path.exists() and not path.is_file():
        raise BadInputError(f"{path} is no regular file; name a film list in CSV")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            rows = [
                {key: (value or "").strip() for key, value in row.items() if key} for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(
            f"cannot read the film list {path}: {error}; it must be CSV in UTF-8"
        ) from error
    if "path" not in columns:
        found = ", ".join(sorted(columns)) or "none"
        raise BadInputError(
            f"the film list {path} needs a column 'path' (and may have {', '.join(NOTES)}); "
            f"found: {found}"
        )
    unknown = sorted(columns - {"path", *NOTES, ""})
    if unknown:
        raise BadInputError(
            f"the film list {path} has a column {unknown[0]!r}, which nobody reads; "
            f"the columns there are: path, {', '.join(NOTES)}"
        )
    return [row for row in rows if row["path"]]
