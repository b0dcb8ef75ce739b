"""A preview of the copies: originals in the first column, their copies beside them.

write_preview(out, Path("sheet.png"), title="film, seed 0")
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from cinemotion.core.drawing import save_figure
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.export.table import NAME as SAMPLES
from cinemotion.dataset.images import decode_image
from cinemotion.flows.augmenting.table import NAME, Row, read_rows

_ROWS, _COLUMNS = 8, 6
_CELL = 1.2  # inches


def check_preview(path: Path) -> None:
    """Refuse a file that could not be written, before work is done for it.

    Raises:
        BadInputError: It is no PNG's name, it is a folder, or its folder is not there.
    """
    if path.suffix.lower() != ".png":
        raise BadInputError(f"{path} is no preview's name; write one that ends in .png")
    if path.is_dir() or not path.parent.is_dir():
        raise BadInputError(f"cannot write {path}: name a file in a folder that is there")


def write_preview(folder: Path, out: Path, *, title: str) -> None:
    """Draw some originals of every class, each with its first copies.

    Args:
        folder: What ``augment`` wrote.
        out: The PNG file to write; replaced in one step.
        title: What stands above.

    Raises:
        BadInputError: The file cannot be written.
    """
    from matplotlib.figure import Figure

    copies: dict[str, list[Row]] = {}
    for row in read_rows(folder / NAME):
        copies.setdefault(row["parent"], []).append(row)
    chosen = _choose(row for row in read_rows(folder / SAMPLES) if row["id"] in copies)
    columns = 1 + min(_COLUMNS, max(len(copies[row["id"]]) for row in chosen))
    figure = Figure(figsize=(_CELL * columns + 1, _CELL * len(chosen) + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=10)
    grid = figure.subplots(len(chosen), columns, squeeze=False)
    for y, parent in enumerate(chosen):
        shown = [parent, *copies[parent["id"]][: columns - 1]]
        for x, row in enumerate(shown):
            axes = grid[y][x]
            axes.imshow(decode_image((folder / row["file"]).read_bytes()))
            axes.set(xticks=[], yticks=[])
            if y == 0:
                axes.set_title(f"copy {row['copy']}" if x else "original", fontsize=9)
        grid[y][0].set_ylabel(f"{parent['label']}\n{parent['id'][:8]}", fontsize=8)
    save_figure(figure, out)


def _choose(parents: Iterable[Row]) -> list[Row]:
    """At most so many rows, taken from the classes in turn."""
    classes: dict[str, list[Row]] = {}
    for row in parents:
        rows = classes.setdefault(row["label"], [])
        if len(rows) < _ROWS:
            rows.append(row)
    turns = zip_longest(*(classes[label] for label in sorted(classes)))
    rows = [row for turn in turns for row in turn if row is not None][:_ROWS]
    return sorted(rows, key=lambda row: (row["label"], row["id"]))
