"""How a dataset, or a frozen version of one, is named on the command line.

split_reference("films/noir")       # (Path("films/noir"), None): the working state
split_reference("films/noir@v1")    # (Path("films/noir"), "v1"): a version
"""

from __future__ import annotations

from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.header import is_dataset


def split_reference(reference: str) -> tuple[Path, str | None]:
    """The folder and the version's name in ``DATASET`` or ``DATASET@VERSION``.

    A folder whose own name holds an ``@`` is taken as it is where it holds a dataset.

    Raises:
        BadInputError: Nothing stands before or after the ``@``.
    """
    path = Path(reference)
    if "@" not in path.name or is_dataset(path):
        return path, None
    folder, _, version = reference.rpartition("@")
    if not folder or not version:
        raise BadInputError(f"{reference!r} names no version; write DATASET@VERSION")
    return Path(folder), version


def need_version(reference: str) -> tuple[Path, str]:
    """The same for commands that work on a frozen version only.

    Raises:
        BadInputError: No version is named.
    """
    folder, version = split_reference(reference)
    if version is None:
        raise BadInputError(
            f"{reference} names no version; write {reference}@TAG "
            f"(cinemotion versions {reference} lists them)"
        )
    return folder, version
