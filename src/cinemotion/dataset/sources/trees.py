"""Trees of files, on disk or in an archive, read without unpacking.

    tree = FolderTree(Path("faces"), LIMITS)
    tree.names                                    # ['Angry/a.png', 'readme.txt', …]
    for member in tree.read(lambda name: name.endswith(".png")): ...

Litter is left out, unsafe members are refused when the tree is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file, hash_json
from cinemotion.dataset.sources.limits import Limits, is_litter
from cinemotion.dataset.sources.source import Member

_DATASET = "cinemotion.json"

Wanted = Callable[[str], bool]


class Tree(Protocol):
    """Files under names with forward slashes."""

    kind: str
    path: Path
    names: Sequence[str]

    def read(self, wanted: Wanted) -> Iterator[Member]:
        """The files whose names are wanted, without labels; bad ones have a ``problem``."""

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""

    def digest(self, names: Sequence[str]) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.digest`."""


class FolderTree:
    """The files below a folder, sorted by name.

    Links to files inside the folder are followed; links to folders are not looked into, since
    they may lead in circles, and neither are datasets of ours.

    Raises:
        BadInputError: A link leads out of the folder, or there are too many files.
    """

    kind = "folder"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._files = self._find()
        self.names: Sequence[str] = sorted(self._files)

    def read(self, wanted: Wanted) -> Iterator[Member]:
        """See :meth:`Tree.read`."""
        for name in filter(wanted, self.names):
            yield self._read_one(name)

    def state(self) -> str:
        """Changes with any file's name, size or time."""
        stamps = []
        for name in self.names:
            status = self._files[name].lstat()
            stamps.append([name, status.st_size, status.st_mtime_ns])
        return hash_json(stamps)

    def digest(self, names: Sequence[str]) -> str:
        """Over names and content of these files; one that is gone has no content."""
        return hash_json([[name, self._hash_one(name)] for name in sorted(names)])

    def _find(self) -> dict[str, Path]:
        root = self.path.resolve()
        found: dict[str, Path] = {}
        for folder, folders, files in os.walk(self.path):
            if _DATASET in files:  # one of ours, perhaps the one that is being made
                folders.clear()
                continue
            for file in files:
                path = Path(folder, file)
                name = _text(path.relative_to(self.path).as_posix())
                if is_litter(name):
                    continue
                if path.is_symlink() and not path.resolve().is_relative_to(root):
                    raise BadInputError(
                        f"{path} is a link that leads out of {self.path}; put the file itself there"
                    )
                found[name] = path
            folders[:] = [name for name in folders if not is_litter(name)]
        if len(found) > self._limits.members:
            raise BadInputError(
                f"{self.path} holds {len(found)} files, at most {self._limits.members} are read; "
                "import it in parts"
            )
        return found

    def _read_one(self, name: str) -> Member:
        path = self._files[name]
        try:
            if not path.is_file():
                return Member(name, problem="no regular file")
            size = path.stat().st_size
            if size > self._limits.member_bytes:
                return Member(
                    name, problem=f"{size} bytes, at most {self._limits.member_bytes} are read"
                )
            return Member(name, path.read_bytes())
        except OSError as error:
            return Member(name, problem=str(error.strerror or error))

    def _hash_one(self, name: str) -> str | None:
        path = self._files.get(name)
        try:
            return hash_file(path) if path is not None and path.is_file() else None
        except OSError:
            return None


def _text(name: str) -> str:
    """A file's name as text; bytes that are none are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
