"""Figures as files, drawn by Matplotlib without a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS = 150  # per inch, of a PNG


def save_figure(figure: Figure, out: Path) -> None:
    """Write a figure in one step, as PNG or SVG after the file's name.

    Raises:
        BadInputError: The name ends otherwise, or the file cannot be written.
    """
    format = out.suffix.lower().removeprefix(".")
    if format not in ("png", "svg"):
        raise BadInputError(f"{out} is no figure's name; write one that ends in .png or .svg")
    # Without a date, so that the same figure is the same file.
    metadata = {"Date": None} if format == "svg" else {}
    with replacing(out) as draft:
        figure.savefig(draft, format=format, dpi=_DOTS, metadata=metadata)
