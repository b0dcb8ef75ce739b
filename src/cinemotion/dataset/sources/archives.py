"""Zip and tar archives as trees of files; a zip may hold zips, one level deep.

    tree = ZipTree(Path("course.zip"), LIMITS)
    tree.names                  # ['Angry.zip/Angry/ANGRY_01_0000.png', …]

Members are read in the order in which they lie in the file, so that a large zip inside a zip is
unpacked as a stream and never held in memory as a whole.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file
from cinemotion.dataset.sources.limits import Guard, Limits, clean_name, is_litter
from cinemotion.dataset.sources.source import Member, file_state
from cinemotion.dataset.sources.trees import Wanted

_ENCRYPTED = 0x1  # a bit of a zip member's flags
_HELD = 64 << 20  # bytes; a larger zip in a zip is a stream, which unpacks anew to step back
_UNIX = 16  # where the mode lies in a zip member's attributes
# What the readers of the standard library raise on damaged archives.
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, OSError),
)


class ZipTree:
    """The files of a zip archive, and of the zips in it.

    Raises:
        BadInputError: It is damaged, encrypted, unsafe, beyond the limits or nested too deep.
    """

    kind = "zip"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        guard = Guard(path, limits)
        with _whole(path), zipfile.ZipFile(path) as archive:
            self.names: Sequence[str] = _unique(_checked(archive, path, guard, "", depth=0), path)

    def read(self, wanted: Wanted) -> Iterator[Member]:
        """See :meth:`~cinemotion.dataset.sources.trees.Tree.read`."""
        with _whole(self.path), zipfile.ZipFile(self.path) as archive:
            yield from _unpacked(archive, self.path, "", wanted)

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""
        return file_state(self.path)

    def digest(self, names: Sequence[str]) -> str:
        """The hash of the file."""
        return hash_file(self.path)


class TarTree:
    """The files of a tar archive, packed or not.

    Raises:
        BadInputError: It is damaged, unsafe or beyond the limits.
    """

    kind = "tar"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        guard = Guard(path, limits)
        names = []
        with _whole(path), tarfile.open(path, "r:*") as archive:
            for info in archive:
                name = clean_name(info.name, path)
                if not (info.isfile() or info.isdir()):
                    raise BadInputError(_unsafe(path, info.name))
                if info.isfile():
                    guard.admit(info.name, info.size)
                    if not is_litter(name):
                        names.append(name)
        self.names: Sequence[str] = _unique(names, path)

    def read(self, wanted: Wanted) -> Iterator[Member]:
        """See :meth:`~cinemotion.dataset.sources.trees.Tree.read`."""
        names = set(self.names)
        with _whole(self.path), tarfile.open(self.path, "r:*") as archive:
            for info in archive:
                name = clean_name(info.name, self.path)
                if info.isfile() and name in names and wanted(name):
                    yield _one(name, partial(archive.extractfile, info))

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""
        return file_state(self.path)

    def digest(self, names: Sequence[str]) -> str:
        """The hash of the file."""
        return hash_file(self.path)


def _checked(
    archive: zipfile.ZipFile, path: Path, guard: Guard, prefix: str, *, depth: int
) -> Iterator[str]:
    """The names of an archive's files, each checked before the next; litter left out."""
    for info in _in_order(archive):
        name = prefix + clean_name(info.filename, path)
        if info.flag_bits & _ENCRYPTED:
            raise BadInputError(f"{path}: {name} is encrypted; unpack it and import the folder")
        mode = stat.S_IFMT(info.external_attr >> _UNIX)
        if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadInputError(_unsafe(path, name))
        if info.is_dir():
            continue
        nested = name.casefold().endswith(".zip")
        guard.admit(name, info.file_size, container=nested)
        if is_litter(name):
            continue
        if not nested:
            yield name
        elif depth:
            raise BadInputError(
                f"{path}: {name} is a zip in a zip in a zip, one level is read; unpack it and "
                "import the folder"
            )
        else:
            with _nested(archive, info, path) as inner:
                yield from _checked(inner, path, guard, f"{name}/", depth=1)


def _unpacked(
    archive: zipfile.ZipFile, path: Path, prefix: str, wanted: Wanted
) -> Iterator[Member]:
    for info in _in_order(archive):
        name = prefix + clean_name(info.filename, path)
        if info.is_dir() or is_litter(name):
            continue
        if name.casefold().endswith(".zip"):
            with _nested(archive, info, path) as inner:
                yield from _unpacked(inner, path, f"{name}/", wanted)
        elif wanted(name):
            yield _one(name, partial(archive.open, info))


def _in_order(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return sorted(archive.infolist(), key=lambda info: info.header_offset)


@contextmanager
def _nested(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> Iterator[zipfile.ZipFile]:
    with _whole(Path(f"{path}: {info.filename}")), archive.open(info) as stream:
        held = io.BytesIO(stream.read()) if info.file_size <= _HELD else stream
        with zipfile.ZipFile(held) as inner:
            yield inner


def _one(name: str, start: Callable[[], IO[bytes] | None]) -> Member:
    """One file's bytes; where they are damaged, the reason."""
    try:
        stream = start()
        assert stream is not None  # only regular files come here
        with stream:
            return Member(name, stream.read())
    except _DAMAGE as error:
        return Member(name, problem=f"damaged in the archive: {_line(error)}")


def _unique(names: Iterator[str] | list[str], path: Path) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        if name in found:
            raise BadInputError(
                f"{path} holds two members named {name}; unpack it and import the folder"
            )
        found[name] = None
    return list(found)


def _unsafe(path: Path, name: str) -> str:
    return (
        f"{path}: {name} is a link or a special file, which may lead anywhere; put the file "
        "itself into the archive"
    )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


@contextmanager
def _whole(path: Path) -> Iterator[Any]:
    """Turn what the readers say of a damaged archive into one clear line."""
    try:
        yield
    except BadInputError:
        raise
    except _DAMAGE as error:
        raise BadInputError(
            f"{path} cannot be read to its end ({_line(error)}); it is damaged or cut short: get "
            "it again"
        ) from error
