"""The film with what was read off it: boxes, names, and bars of the expressions.

    annotate(analysis, Path("out.mp4"))

Every frame is at its own time and the sound is the film's. Between two frames that were looked at
a box moves in a straight line; across a gap and across a cut there is none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Image
from cinemotion.core.writing import check_place
from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.colours import colour_of
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from cinemotion.video.writer import FilmWriter

Progress = Callable[[int, int], None]

_BARS = 3  # expressions that are shown of a face
_BOX, _PAPER, _INK = (255, 255, 255), (24, 23, 22), (240, 238, 235)
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face on the screen."""

    box: NDArray[np.float64]
    person: Person | None


def annotate(analysis: Analysis, out: Path, *, progress: Progress | None = None) -> None:
    """Write the film with boxes, names and bars.

    Args:
        analysis: What was read.
        out: The file, ``.mp4``.
        progress: Told about frames that are written, of as many as there are.

    Raises:
        BadInputError: The film cannot be read any more, or ``out`` not be written.
    """
    check_target(out, analysis.footage.path)
    film = probe(analysis.footage.path)
    paths = _paths(analysis)
    total = int(analysis.footage.row["frames"] or 0)
    with FilmReader(film, threads=0) as reader, FilmWriter(out, film) as writer:
        for done, frame in enumerate(reader, start=1):
            image = frame.rgb()
            seen = [found for path in paths if (found := path.at(frame.time.pts))]
            writer.add(_drawn(image, seen, analysis, frame.time.seconds), frame.time)
            if progress is not None:
                progress(done, max(total, done))


def check_target(out: Path, film: Path, report: Path | None = None) -> None:
    """Say whether an annotated film can be written, before there is one.

    Args:
        out: The file.
        film: The film that it is of.
        report: A folder that will be there by then.

    Raises:
        BadInputError: It is no ``.mp4``, its folder is missing, or it is a folder or the film.
    """
    if out.suffix.lower() != ".mp4":
        raise BadInputError(f"an annotated film is an MP4; name it so, not {out.name}")
    if report is None or out.parent.is_dir() or out.parent.resolve() != report.resolve():
        check_place(out)
    if out.exists() and out.samefile(film):
        raise BadInputError(f"{out} is the film itself; give another name")


@dataclass(frozen=True, slots=True)
class _Path:
    """The boxes of a track over time."""

    pts: list[int]
    until: list[int]
    boxes: NDArray[np.float64]
    person: Person | None

    def at(self, pts: int) -> _Seen | None:
        place = bisect_right(self.pts, pts) - 1
        if place < 0 or pts >= self.until[place]:
            return None
        box = self.boxes[place]
        if place + 1 < len(self.pts) and self.until[place] == self.pts[place + 1]:
            share = (pts - self.pts[place]) / (self.pts[place + 1] - self.pts[place])
            box = (1 - share) * box + share * self.boxes[place + 1]
        return _Seen(box, self.person)


def _paths(analysis: Analysis) -> list[_Path]:
    owner = {track: person for person in analysis.people for track in person.tracks}
    paths = []
    for rows in analysis.seen.faces.partition_by("track", maintain_order=True):
        boxes = np.array(rows["box"].to_list(), np.float64).reshape(-1, 4)
        person = owner.get(rows["track"][0])
        paths.append(_Path(rows["pts"].to_list(), rows["until_pts"].to_list(), boxes, person))
    return paths


def _drawn(image: Image, seen: list[_Seen], analysis: Analysis, seconds: float) -> Image:
    if not seen:
        return image
    unit = max(1, round(image.shape[0] / 360))
    picture = np.ascontiguousarray(image)
    for each in seen:
        x0, y0, x1, y1 = (round(value) for value in each.box)
        cv2.rectangle(picture, (x0, y0), (x1, y1), _BOX, unit, cv2.LINE_AA)
    canvas = Pillow.fromarray(picture)
    draw = ImageDraw.Draw(canvas, "RGBA")
    for each in seen:
        if each.person is not None:
            _label(draw, each, each.person, analysis, seconds, unit)
    return np.asarray(canvas)


def _label(
    draw: Any, seen: _Seen, person: Person, analysis: Analysis, seconds: float, unit: int
) -> None:
    """The name and the foremost expressions, below the box, or above where there is no room."""
    arc = person.arc
    # Whoever is on screen has an arc at the nearest instant, and not always at the one before.
    shares = arc.mean[int(np.abs(arc.seconds - seconds).argmin())]
    seen_now = bool(np.isfinite(shares).all())
    first: list[int] = np.argsort(-shares)[:_BARS].tolist() if seen_now else []
    height, width = 11 * unit, 92 * unit
    left = round(min(max(0, seen.box[0]), draw.im.size[0] - width))
    top = round(seen.box[3]) + 2 * unit
    tall = height * (1 + len(first)) + 2 * unit
    if top + tall > draw.im.size[1]:
        top = max(0, round(seen.box[1]) - tall - 2 * unit)
    draw.rectangle((left, top, left + width, top + tall), fill=(*_PAPER, 190))
    font = _font(8 * unit)
    draw.text((left + 3 * unit, top + unit), person.name, font=font, fill=_INK)
    for row, place in enumerate(first, start=1):
        y = top + row * height + unit
        name, share = analysis.classes[place], float(shares[place])
        full = 34 * unit
        box = (left + 55 * unit, y + 2 * unit, left + 55 * unit + round(full * share), y + 8 * unit)
        draw.rectangle(box, fill=colour_of(name))
        draw.text((left + 3 * unit, y), name, font=font, fill=_INK)


@lru_cache(maxsize=4)
def _font(size: int) -> Any:
    return ImageFont.truetype(str(_FONT), size)
