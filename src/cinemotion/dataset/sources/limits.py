r"""What an archive may ask of us: safe names, and limits on number, size and ratio.

    guard = Guard(path, LIMITS)
    guard.admit("Angry/a.png", unpacked=71274)      # raises BadInputError, naming the member
    clean_name("a\\b.png", path)                       # "a/b.png"

Everything is checked before the first picture is read, from the sizes that the archive declares;
the readers never give more than was declared. Nothing is ever unpacked to disk, so that a name
cannot lead out of a folder; names that try to are refused all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cinemotion.core.errors import BadInputError

PICTURES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .webp .bmp .dib .gif .tif .tiff .ppm .pgm .pbm .pnm "
    ".jp2 .j2k .avif .heic .heif .mpo .svg".split()
)
"""Suffixes of files that are taken for pictures; some of them may turn out unreadable."""

_LITTER = frozenset(("__macosx", "thumbs.db", "desktop.ini"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a source may hold.

    Attributes:
        members: Files.
        member_bytes: Unpacked bytes of one picture.
        total_bytes: Unpacked bytes of all.
        ratio: Unpacked bytes for each byte of the archive, beyond ``free_bytes`` in all.
        free_bytes: Unpacked bytes that any archive may have.
    """

    members: int = 5_000_000
    member_bytes: int = 256 << 20
    total_bytes: int = 1 << 40
    ratio: int = 200
    free_bytes: int = 64 << 20


LIMITS = Limits()


class Guard:
    """Adds up what an archive declares, and refuses it when it goes too far.

    Args:
        path: The archive.
        limits: How far is too far.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._packed = max(1, path.stat().st_size)
        self._members = 0
        self._unpacked = 0

    def admit(self, name: str, unpacked: int, *, container: bool = False) -> None:
        """Count one more member.

        Args:
            name: Its name, for the message.
            unpacked: Its declared size in bytes.
            container: Whether it is an archive itself, which is never in memory as a whole.

        Raises:
            BadInputError: The archive, or this member, is beyond the limits.
        """
        limits = self._limits
        self._members += 1
        self._unpacked += unpacked
        if self._members > limits.members:
            raise BadInputError(
                f"{self._path} holds more than {limits.members} files (at {name}); import it in "
                "parts"
            )
        if not container and unpacked > limits.member_bytes:
            raise BadInputError(
                f"{self._path}: {name} unpacks to {unpacked} bytes, at most "
                f"{limits.member_bytes} are read; take it out of the archive"
            )
        allowed = max(limits.free_bytes, limits.ratio * self._packed)
        if self._unpacked > min(limits.total_bytes, allowed):
            raise BadInputError(
                f"{self._path} has {self._packed} bytes and unpacks to more than "
                f"{self._unpacked} (at {name}): it looks like a bomb; unpack it yourself and "
                "import the folder if you trust it"
            )


def clean_name(name: str, path: Path) -> str:
    """A member's name with forward slashes.

    Raises:
        BadInputError: It is absolute, leads upwards, or is no name.
    """
    posix = name.replace("\\", "/")
    parts = PurePosixPath(posix).parts
    drive = len(posix) > 1 and posix[1] == ":"
    if not parts or posix.startswith("/") or drive or ".." in parts or "\0" in posix:
        raise BadInputError(
            f"{path} holds a member named {name!r}, which leads out of it; such an archive is not "
            "to be trusted: ask for another one, or unpack it with care"
        )
    return "/".join(parts)


def tame_name(text: str | None) -> str:
    """A name that a table gives, without the parts that would lead out of a folder."""
    return "/".join(part for part in (text or "").split("/") if part not in ("", ".", ".."))


def is_litter(name: str) -> bool:
    """Whether a file is what systems leave behind: hidden, ``__MACOSX``, ``Thumbs.db``."""
    return any(
        part.startswith(".") or part.casefold() in _LITTER for part in PurePosixPath(name).parts
    )


def is_picture(name: str) -> bool:
    """Whether a file's suffix is that of a picture."""
    return PurePosixPath(name).suffix.casefold() in PICTURES
