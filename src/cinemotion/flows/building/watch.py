"""Who is told how a long job goes on.

The command line shows a progress bar; a library call is quiet unless it hands in its own.
"""

from __future__ import annotations

from typing import Any, Protocol


class Watch(Protocol):
    """Told about the progress of a build."""

    def begin(self, films: int, seconds: float) -> None:
        """The work starts: so many films, so many seconds to decode as far as they say."""

    def advance(self, seconds: float, faces: int) -> None:
        """So many seconds of film went by, and so many crops were found."""

    def skip(self, seconds: float) -> None:
        """So many seconds of those announced need not be worked on: an earlier run did."""

    def end_film(self, row: dict[str, Any]) -> None:
        """A film is finished, was skipped or failed; ``row`` as in the report."""


class Quiet:
    """Watches and says nothing."""

    def begin(self, films: int, seconds: float) -> None:
        """See :meth:`Watch.begin`."""

    def advance(self, seconds: float, faces: int) -> None:
        """See :meth:`Watch.advance`."""

    def skip(self, seconds: float) -> None:
        """See :meth:`Watch.skip`."""

    def end_film(self, row: dict[str, Any]) -> None:
        """See :meth:`Watch.end_film`."""
