"""Files that are there whole or not at all.

with replacing(Path("out.csv")) as draft:
draft.write_text(text)
# now out.csv is there; had anything gone wrong, nothing would have changed
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cinemotion.core.errors import BadInputError


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A draft to write beside a file; it takes the file's place when the block has ended well.

    Drafts of the same file that killed processes left are removed.

    Args:
        out: The file; one that is there is replaced.

    Raises:
        BadInputError: The draft cannot be written, or not be put in place.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    _remove_orphans(out)
    try:
        yield draft
        draft.replace(out)
    except OSError as error:
        raise BadInputError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # gone already, or its folder never was one
            draft.unlink()


def check_place(out: Path) -> None:
    """Refuse a file that cannot be written: worth asking before minutes of work for it.

    Raises:
        BadInputError: It is a folder, in no folder, or in one that nothing can be written to.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        if out.is_dir():
            raise BadInputError(f"{out} is a folder; name a file, such as {out / 'page.html'}")
        if not out.parent.is_dir():
            raise BadInputError(
                f"cannot write {out}: there is no folder {out.parent}; make it first"
            )
        draft.touch()
        draft.unlink()
    except OSError as error:
        raise BadInputError(f"cannot write {out}: {error.strerror or error}") from error


def _remove_orphans(out: Path) -> None:
    if os.name != "posix":  # elsewhere, asking whether a process lives may end it
        return
    prefix = f".{out.name}."
    with suppress(OSError):
        for path in out.parent.iterdir():
            owner = path.name.removeprefix(prefix) if path.name.startswith(prefix) else ""
            if owner.isdecimal() and not _lives(int(owner)):
                path.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
