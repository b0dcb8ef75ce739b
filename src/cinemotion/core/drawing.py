"""Figures as files, drawn by Matplotlib without a window; the same figure is the same bytes.

    figure = new_figure((7.2, 4))
    calm(figure.add_subplot())
    save_figure(figure, Path("arc.svg"))          # or .png

Nothing goes through pyplot, which keeps figures alive.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#3a3733"
"""What is written and drawn in figures, where nothing else is said."""

_DOTS = 150  # per inch, of a PNG
_SALT = "cinemotion"  # of the ids inside an SVG, which are drawn by chance without one


def new_figure(size: tuple[float, float]) -> Figure:
    """An empty figure whose parts find their own places.

    Args:
        size: Width and height in inches.
    """
    from matplotlib.figure import Figure

    return Figure(size, layout="constrained")


def calm(axes: Axes) -> None:
    """Take away what frames axes and tells nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def save_figure(figure: Figure, out: Path) -> None:
    """Write a figure in one step, as PNG or SVG after the file's name.

    Raises:
        BadInputError: The name ends otherwise, or the file cannot be written.
    """
    format = out.suffix.lower().removeprefix(".")
    if format not in ("png", "svg"):
        raise BadInputError(f"{out} is no figure's name; write one that ends in .png or .svg")
    import matplotlib

    # Without a date, so that the same figure is the same file.
    metadata = {"Date": None} if format == "svg" else {}
    with replacing(out) as draft, matplotlib.rc_context({"svg.hashsalt": _SALT}):
        figure.savefig(draft, format=format, dpi=_DOTS, metadata=metadata)
