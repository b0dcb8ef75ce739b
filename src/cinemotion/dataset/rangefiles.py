"""Files in which people annotate stretches of film, read whole or not at all.

    read_ranges(Path("nosferatu.eaf"), film=None, annotator="anna")

``.csv`` has the columns ``film,start,end,label`` and may have ``character`` and ``annotator``;
``.eaf`` is ELAN's (``elan.py``); ``.srt`` and ``.vtt`` are subtitles whose text is ``label`` or
``CHARACTER: label`` (``subtitles.py``). One more format is one more line in ``READERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.elan import read_elan
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.sheets import read_sheet
from cinemotion.dataset.subtitles import read_subtitles
from cinemotion.dataset.timecodes import read_span

COLUMNS = ("film", "start", "end", "label")
ANYBODY = "human"  # the annotator where neither the file nor the caller names one


def read_ranges(
    path: Path, *, film: str | None = None, annotator: str | None = None, frames: bool = False
) -> list[Range]:
    """The ranges in a file, in its order.

    Args:
        path: The file; its suffix says which format.
        film: The film, in place of the one that the file names.
        annotator: The annotator, in place of the one that the file names.
        frames: Whether plain numbers in a CSV are ordinals of frames and not seconds.

    Raises:
        BadInputError: The file or a row of it cannot be used; the message names the line.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadInputError(
            f"{path} is no annotation that we read; expected one of: {', '.join(sorted(READERS))}"
        )
    if frames and path.suffix.lower() != ".csv":
        raise BadInputError(f"--frames is for CSV; {path.name} gives times")
    ranges = reader(path, film, frames)
    if annotator is not None:
        ranges = [replace(said, annotator=annotator) for said in ranges]
    return ranges


def _read_csv(path: Path, film: str | None, frames: bool) -> list[Range]:
    ranges = []
    needed = [name for name in COLUMNS if film is None or name != "film"]
    for line, row in read_sheet(path, needed):
        with _located(path, line):
            start, end, unit = read_span(row["start"], row["end"], frames=frames)
            ranges.append(
                Range(
                    film or row["film"],
                    start,
                    end,
                    row["label"],
                    character=row.get("character") or None,
                    unit=unit,
                    annotator=row.get("annotator") or ANYBODY,
                )
            )
    return ranges


def _read_elan(path: Path, film: str | None, frames: bool) -> list[Range]:
    return read_elan(path, film, anybody=ANYBODY)


def _read_subtitles(path: Path, film: str | None, frames: bool) -> list[Range]:
    if film is None:
        raise BadInputError(f"{path.name} does not say which film it is about; add --film")
    return read_subtitles(path, film, annotator=ANYBODY)


READERS: dict[str, Callable[[Path, str | None, bool], list[Range]]] = {
    ".csv": _read_csv,
    ".eaf": _read_elan,
    ".srt": _read_subtitles,
    ".vtt": _read_subtitles,
}


@contextmanager
def _located(path: Path, line: int) -> Iterator[None]:
    """Say in which line the trouble is."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(f"{path}, line {line}: {error}; nothing was imported") from error
