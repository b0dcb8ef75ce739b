"""Trees of pictures as sources: the class is the last folder, or what metadata files say.

    source = TreeSource(FolderTree(Path("faces"), LIMITS))
    source.names()                       # pictures alone: ['train/happy/a.png', …]

``train``, ``val`` and ``test`` folders (:mod:`.parts` knows their names) are no classes: where
they lie inside class folders, ``happy/train/a.png``, the class is the folder above. Neither is the
tree itself: a picture right in it has no label. In a zip of class zips the inner zip's name is the
class of what lies at its top.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_json
from cinemotion.dataset.sources.archives import TarTree, ZipTree
from cinemotion.dataset.sources.limits import Limits, is_picture
from cinemotion.dataset.sources.metadata import is_metadata, read_metadata
from cinemotion.dataset.sources.parts import find_layout, folders_of, part_named
from cinemotion.dataset.sources.source import Ballot, Member, Remarks
from cinemotion.dataset.sources.trees import FolderTree, Tree


class TreeSource:
    """The pictures of a tree.

    Args:
        tree: Where they lie.

    Raises:
        BadInputError: There is no picture, or a metadata file cannot be read.
    """

    def __init__(self, tree: Tree) -> None:
        self.path: Path = tree.path
        self._tree = tree
        self._labels = read_metadata(tree)
        self.kind = tree.kind if self._labels is None else "imagefolder"
        self._names = [name for name in tree.names if is_picture(name)]
        pictures = set(self._names)
        self._missing = sorted(set(self._labels or ()) - pictures)
        used = pictures.union(filter(is_metadata, tree.names) if self._labels is not None else ())
        self.remarks = Remarks(left_out=[name for name in tree.names if name not in used])
        self._classes_first = find_layout(self._names).classes_first
        if not self._names:
            raise BadInputError(
                f"{tree.path} holds no picture ({len(tree.names)} other files); give a folder or "
                "archive of class folders with PNG, JPEG, WebP, BMP, GIF or TIFF files"
            )
        if self._classes_first and self._labels is None:
            self.remarks.notices.append("the classes are the folders above train, test and so on")
        unlisted = 0 if self._labels is None else len(pictures - set(self._labels))
        if unlisted:
            self.remarks.notices.append(
                f"{unlisted} pictures that the metadata files do not list have no label"
            )

    def names(self) -> Sequence[str]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.names`."""
        return self._names + self._missing

    def members(self, skip: Container[str]) -> Iterator[Member]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.members`."""
        for member in self._tree.read(lambda name: is_picture(name) and name not in skip):
            yield self._labelled(member)
        for name in self._missing:
            if name not in skip:
                yield self._labelled(Member(name, problem="listed in the metadata, not there"))

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""
        return self._tree.state()

    def digest(self, names: Sequence[str]) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.digest`."""
        labels = [[name, self._label(name)] for name in sorted(names)]
        return hash_json([self._tree.digest(names), labels])

    def _labelled(self, member: Member) -> Member:
        label = self._label(member.name)
        return member if label is None else replace(member, label=label, ballots=(Ballot(label),))

    def _label(self, name: str) -> str | None:
        if self._labels is not None:
            return self._labels.get(name)
        return class_of(name, classes_first=self._classes_first)


def class_of(name: str, *, classes_first: bool = False) -> str | None:
    """The class that a member's folder names, or ``None``.

    Args:
        name: The member's name.
        classes_first: Whether split folders lie inside class folders.
    """
    folders = folders_of(name)
    if classes_first and folders and part_named(folders[-1]):
        folders.pop()
    return None if not folders or part_named(folders[-1]) else folders[-1]


def open_folder(path: Path, limits: Limits) -> TreeSource | None:
    """A folder of pictures; ``None`` where the path is no folder."""
    return TreeSource(FolderTree(path, limits)) if path.is_dir() else None


def open_zip(path: Path, limits: Limits) -> TreeSource | None:
    """A zip of pictures; ``None`` where the file does not look like one."""
    if not path.is_file() or not (_is_zip(path.name) or _begins(path, b"PK\x03\x04")):
        return None
    return TreeSource(ZipTree(path, limits))


def open_tar(path: Path, limits: Limits) -> TreeSource | None:
    """A tar archive of pictures, packed or not; ``None`` where the name is not that of one."""
    tar = (".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
    if not path.is_file() or not path.name.casefold().endswith(tar):
        return None
    return TreeSource(TarTree(path, limits))


def _is_zip(name: str) -> bool:
    return name.casefold().endswith(".zip")


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
