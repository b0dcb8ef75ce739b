"""Packages that come with an extra: imported where they are used, asked for in one line.

with needs("scikit-learn", "cluster"):
    from sklearn.cluster import KMeans
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cinemotion.core.errors import MissingExtraError


@contextmanager
def needs(package: str, extra: str) -> Iterator[None]:
    """Say how to get a package where the imports inside do not find it.

    Args:
        package: Its name as ``pip`` knows it.
        extra: The extra of ``cinemotion`` that brings it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(package, extra) from error
