"""The film beside the page of an analysis, for the page's player.

    film = write_player_film(analysis, Path("report"))
    film.name, film.zero               # "film.mp4", 0: its clock is the film's own

A film that any browser plays is linked, or copied where it cannot be. Of any other a copy is made,
H.264 with AAC, each picture at its own time. Browsers do not agree on when a film begins whose
first picture comes late: the copy then begins with a black one, so that its clock is the film's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Film, Timestamp
from cinemotion.core.writing import replacing
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.video.browser import plays_anywhere
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from cinemotion.video.writer import FilmWriter

Progress = Callable[[int, int], None]

_REVISION = 1
_COMMENT = "cinemotion"  # what the header of a film that we made begins with
_SOUNDS = frozenset({"aac", "mp3"})  # that every browser plays in MP4
_LONGEST = 60  # seconds of black before the first picture: broadcasts begin at hours


@dataclass(frozen=True, slots=True)
class PlayerFilm:
    """The film that a page plays.

    Attributes:
        name: The file, beside the page.
        zero: Seconds on the player's clock where the file's own clock is 0.
    """

    name: str
    zero: Fraction


def write_player_film(
    analysis: Analysis, out: Path, *, progress: Progress | None = None
) -> PlayerFilm:
    """Put the film beside the page; one that lies there and is right stays.

    Args:
        analysis: Of which film.
        out: The report's folder.
        progress: Told about pictures that are written, of as many as there are.

    Raises:
        BadInputError: The film cannot be read any more, or the file not be written.
    """
    film = probe(analysis.footage.path)
    if plays_anywhere(film):
        kept = out / f"film{film.path.suffix.lower()}"
        _link(film.path, kept)
        return PlayerFilm(kept.name, Fraction(0))
    made = out / "film.mp4"
    if made.exists() and made.samefile(film.path):
        raise BadInputError(
            f"{made} is the film itself, which not every browser plays; give the report a folder "
            "of its own, so that a copy can lie in it"
        )
    start = film.start.exact
    zero = Fraction(0) if 0 <= start <= _LONGEST else start
    comment = f"{_COMMENT} {_REVISION} {analysis.footage.film}"
    if _comment_of(made) != comment:
        with FilmWriter(made, film, zero=zero, copied=_SOUNDS, comment=comment) as writer:
            _copy(film, writer, zero, analysis.frames, progress)
    return PlayerFilm(made.name, zero)


def remove_player_films(out: Path, films: Sequence[Path], keep: str | None) -> None:
    """Remove what earlier runs put beside the page, and nothing that is a film's only file.

    Args:
        out: The report's folder.
        films: Those that the page is, and was, of.
        keep: The name of the film that the page plays now.
    """
    for path in out.glob("film.*"):
        if path.name == keep or path.is_symlink() or not path.is_file():
            continue
        beside = [film for film in films if film.resolve() != path.resolve()]
        itself = len(beside) < len(films)
        linked = any(_same(film, path) for film in beside)
        made = path.name == "film.mp4" and (_comment_of(path) or "").startswith(_COMMENT)
        if not itself and (linked or made):
            with suppress(OSError):
                path.unlink()


def _same(film: Path, kept: Path) -> bool:
    """Whether a file is a link to a film, or a copy of it as :func:`_link` makes them."""
    try:
        one, other = film.stat(), kept.stat()
    except OSError:
        return False
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _copy(
    film: Film, writer: FilmWriter, zero: Fraction, total: int, progress: Progress | None
) -> None:
    if film.start.exact > zero:
        width, height = film.size
        writer.add(np.zeros((height, width, 3), np.uint8), Timestamp(0, film.time_base))
    with FilmReader(film, threads=0) as reader:
        for done, frame in enumerate(reader, start=1):
            writer.add(frame.rgb(), frame.time)
            if progress is not None:
                progress(done, max(total, done))


def _link(film: Path, kept: Path) -> None:
    """The film under another name: the same file where the disk can do that, else a copy."""
    if _same(film, kept):
        return
    stat = film.stat()
    with replacing(kept) as draft:
        try:
            os.link(film.resolve(), draft)
        except OSError:  # another disk, or one without links
            shutil.copyfile(film, draft)
            os.utime(draft, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _comment_of(path: Path) -> str | None:
    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment")
    except (av.FFmpegError, OSError):
        return None
