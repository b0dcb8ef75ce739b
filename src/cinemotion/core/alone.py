"""One run at a time in a folder.

with alone(Path("model"), "another run is training in"): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cinemotion.core.errors import BadInputError


@contextmanager
def alone(folder: Path, busy: str) -> Iterator[None]:
    """Hold a folder, which is made where it is not there yet.

    Args:
        folder: The folder.
        busy: What is said of another run, before the folder's name.

    Raises:
        BadInputError: There is another run, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BadInputError(f"{busy} {folder}; wait for it") from error
    except OSError as error:
        raise BadInputError(f"cannot make {folder}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
