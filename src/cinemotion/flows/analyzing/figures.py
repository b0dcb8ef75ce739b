"""Figures of an analysis for print: an arc for each character, and who shows what when.

    write_figures(analysis, Path("report/figures"))     # overview.svg, overview.png, c01.svg, …

The page shows the same interactively. The same analysis gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.drawing import INK, calm, new_figure, save_figure
from cinemotion.core.errors import BadInputError
from cinemotion.film.valence import valence
from cinemotion.flows.analyzing.analysis import Analysis, Person
from cinemotion.flows.analyzing.colours import colour_of
from cinemotion.flows.analyzing.marks import expression_marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("png", "svg")
"""Each figure is written as all of them."""

_LINE, _TURN, _CUT = "#0f6f78", "#a65f00", "#a5a099"
_WIDTH = 7.2  # inches: a page's column
_ROWS = 20  # characters in the overview, and with a figure of their own
_ALWAYS, _NUMBERED = ("overview", "film"), re.compile(r"c\d{2,}")  # names of figures
_CUTS = 400  # more of them are a grey wall


def write_figures(analysis: Analysis, folder: Path, before: Collection[str] = ()) -> list[Path]:
    """Draw all figures; those of an earlier run are replaced, or removed where nobody is left.

    Args:
        analysis: What was found.
        folder: Where to; made where it does not exist.
        before: The ids of the characters that the folder may have figures of.

    Returns:
        The files.

    Raises:
        BadInputError: One cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"cannot make {folder}: {error.strerror or error}") from error
    written = []
    for name, figure in _figures(analysis):
        for kind in KINDS:
            written.append(folder / f"{name}.{kind}")
            save_figure(figure, written[-1])
    _remove(folder, before, keep=written)
    return written


def remove_figures(folder: Path, before: Collection[str]) -> None:
    """Remove the figures of an earlier run, and the folder where nothing else is in it.

    Args:
        folder: Where they are; it need not exist.
        before: The ids of the characters that the folder may have figures of.
    """
    _remove(folder, before, keep=())
    with suppress(OSError):
        folder.rmdir()


def _remove(folder: Path, before: Collection[str], keep: Collection[Path]) -> None:
    """Remove files by the names that we give; whatever else lies there is the user's."""
    for path in folder.glob("*.*"):
        ours = path.stem in {*_ALWAYS, *before} or _NUMBERED.fullmatch(path.stem)
        if ours and path.suffix.removeprefix(".") in KINDS and path not in keep:
            with suppress(OSError):
                path.unlink()


def _figures(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    overview, film = _ALWAYS
    yield overview, draw_overview(analysis)
    yield film, draw_arc_figure(analysis, analysis.film)
    for person in analysis.people[:_ROWS]:
        yield person.id, draw_arc_figure(analysis, person)


def draw_arc_figure(analysis: Analysis, person: Person) -> Figure:
    """A person's arc: valence with its band, the shares of the expressions, turning points.

    Where the person is not seen nothing is drawn.
    """
    figure = new_figure((_WIDTH, 3.6))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 4))
    _draw_valence(above, person, analysis.classes)
    _draw_shares(below, person, analysis.classes)
    for axes in (above, below):
        for turn in person.turns:
            axes.axvline(turn.seconds, color=_TURN, linewidth=1, linestyle="--")
        calm(axes)
    _time(below, analysis)
    above.set_title(f"{analysis.title}: {person.name}", loc="left", fontsize="medium", color=INK)
    _key(figure, analysis.classes)
    return figure


def draw_overview(analysis: Analysis) -> Figure:
    """The valence of all faces, and a row for each character with what it shows when."""
    people = analysis.people[:_ROWS]
    height = 0.28 * max(1, len(people))
    figure = new_figure((_WIDTH, 2.3 + height))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, height))
    _draw_valence(above, analysis.film, analysis.classes)
    for row, person in enumerate(people):
        for mark in expression_marks(analysis, person):
            span = (float(mark.start), float(mark.end - mark.start))
            below.broken_barh([span], (row - 0.38, 0.76), color=colour_of(mark.text), linewidth=0)
        for turn in person.turns:
            below.plot([turn.seconds] * 2, [row - 0.46, row + 0.46], color=INK, linewidth=1.2)
    below.set_yticks(range(len(people)), [person.name for person in people])
    below.set_ylim(max(1, len(people)) - 0.5, -0.5)
    for turn in analysis.film.turns:
        above.axvline(turn.seconds, color=_TURN, linewidth=1, linestyle="--")
    ends = analysis.seen.shots["end"].to_list()[:-1]
    for end in ends if len(ends) <= _CUTS else ():
        above.axvline(end, ymax=0.05, color=_CUT, linewidth=0.8)
    for axes in (above, below):
        calm(axes)
    _time(below, analysis)
    above.set_title(f"{analysis.title}: all faces", loc="left", fontsize="medium", color=INK)
    _key(figure, analysis.classes)
    return figure


def _draw_valence(axes: Axes, person: Person, classes: Sequence[str]) -> None:
    arc, seconds = person.arc, person.arc.seconds
    middle = valence(arc.mean, classes)
    axes.fill_between(
        seconds, arc.derived_low, arc.derived_high, color=_LINE, alpha=0.22, linewidth=0
    )
    axes.plot(seconds, middle, color=_LINE, linewidth=1.4, solid_capstyle="butt")
    alone = _alone(arc.seen)  # a line needs two instants
    axes.plot(seconds[alone], middle[alone], ".", color=_LINE, markersize=3)
    axes.axhline(0, color=_CUT, linewidth=0.6, zorder=0)
    axes.set_ylim(-0.7, 0.9)
    axes.set_ylabel("valence", color=INK)


def _draw_shares(axes: Axes, person: Person, classes: Sequence[str]) -> None:
    """The shares one on the other; each run without a gap by itself, upright at its ends."""
    seconds, mean = person.arc.seconds, person.arc.mean
    half = float(np.median(np.diff(seconds))) / 2 if len(seconds) > 1 else 0.5
    for rows in _runs(person.arc.seen):
        at = np.r_[seconds[rows[0]] - half, seconds[rows], seconds[rows[-1]] + half]
        shares = mean[np.r_[rows[0], rows, rows[-1]]].T
        colours = [colour_of(name) for name in classes]
        axes.stackplot(at, shares, colors=colours, linewidth=0)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.set_ylabel("shares", color=INK)


def _runs(seen: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The rows of each run without a gap."""
    rows = np.flatnonzero(seen)
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    return [part for part in parts if len(part)]


def _alone(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.array([rows[0] for rows in _runs(seen) if len(rows) == 1], np.int64)


def _time(axes: Axes, analysis: Analysis) -> None:
    axes.set_xlim(analysis.seen.start, max(analysis.seen.end, analysis.seen.start + 0.1))
    axes.xaxis.set_major_formatter(_clock)
    axes.set_xlabel("time in the film", color=INK)


def _clock(seconds: float, _: Any) -> str:
    """``1:02:03``, with a decimal where there is one."""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    digits = f"{rest:04.1f}".removesuffix(".0") if rest % 1 else f"{int(rest):02}"
    return f"{'−' if seconds < 0 else ''}{head}:{digits}"


def _key(figure: Figure, classes: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour_of(name), label=name, linewidth=0) for name in classes]
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=len(classes),
        frameon=False,
        fontsize="x-small",
        handlelength=1,
        columnspacing=1.2,
    )
