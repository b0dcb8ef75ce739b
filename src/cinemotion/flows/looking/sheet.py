"""A contact sheet: many crops on one picture, to look at rather than to read.

write_sheet(open_dataset("dataset"), Path("sheet.png"))
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont, ImageOps

from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.core.writing import replacing
from cinemotion.dataset.dataset import Dataset

_CELL, _CAPTION, _GAP = 128, 30, 6
_GROUND, _TEXT = (24, 24, 27), (228, 228, 231)
_FRAME = {"kept": (74, 160, 90), "rejected": (196, 84, 68), "pending": (120, 120, 120)}


def write_sheet(
    dataset: Dataset,
    out: Path,
    *,
    status: Literal["kept", "rejected", "all"] = "all",
    columns: int = 12,
    limit: int = 240,
) -> tuple[int, int]:
    """Draw the crops of a dataset in the order of film and time.

    Where there are more than ``limit``, so many are drawn evenly, so that all films are seen.
    Kept crops have a green frame, rejected ones a red one and the reason under them.

    Args:
        dataset: The dataset.
        out: The PNG file to write; replaced in one step.
        status: Which samples.
        columns: Crops in a row.
        limit: At most this many crops.

    Returns:
        How many crops were drawn, and how many there are.

    Raises:
        DatasetError: There is nothing to draw.
        BadInputError: The file cannot be written, or its name does not end in ``.png``.
    """
    if out.suffix.lower() != ".png":
        raise BadInputError(f"a sheet is a PNG file, got {out}; give it a name that ends in .png")
    samples = dataset.samples()
    if status != "all":
        samples = samples.filter(pl.col("status") == status)
    if not len(samples):
        raise DatasetError(f"{dataset.path} has no samples to draw (status: {status})")
    n = min(limit, len(samples))
    rows = samples[[i * len(samples) // n for i in range(n)]].to_dicts()
    height = _CELL + _CAPTION + _GAP
    size = (_GAP + columns * (_CELL + _GAP), _GAP + -(-len(rows) // columns) * height)
    sheet = Pillow.new("RGB", size, _GROUND)
    for i, row in enumerate(rows):
        x = _GAP + i % columns * (_CELL + _GAP)
        y = _GAP + i // columns * height
        _draw(sheet, dataset, row, x, y)
    _save(sheet, out)
    return len(rows), len(samples)


def _draw(sheet: Pillow.Image, dataset: Dataset, row: dict[str, Any], x: int, y: int) -> None:
    picture = _picture(dataset, row)
    sheet.paste(picture, (x + (_CELL - picture.width) // 2, y + (_CELL - picture.height) // 2))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), outline=_FRAME[row["status"]], width=2)
    font = _font()
    title = _fit(pen, row["title"] or row["member"] or "", font)
    note = row["reason"] or (f"q {row['quality']:.2f}" if row["quality"] else row["status"])
    pen.text((x, y + _CELL + 1), title, fill=_TEXT, font=font)
    line = _fit(pen, f"{_clock(row['seconds'])} {note}".strip(), font)
    pen.text((x, y + _CELL + 14), line, fill=_FRAME[row["status"]], font=font)


def _picture(dataset: Dataset, row: dict[str, Any]) -> Pillow.Image:
    """The sample's picture, fitted into a cell; nothing but ground where it could not be read."""
    if (row["reason"] or "").startswith("unreadable"):
        return Pillow.new("RGB", (_CELL, _CELL), _GROUND)
    return ImageOps.contain(Pillow.fromarray(dataset.image(row["id"])), (_CELL, _CELL))


def _clock(seconds: float | None) -> str:
    """Minutes and seconds of the film; nothing for a picture that was imported."""
    return "" if seconds is None else f"{seconds // 60:.0f}:{seconds % 60:05.2f}"


@lru_cache(maxsize=1)
def _font() -> Any:
    """DejaVu Sans out of Matplotlib's data, for titles in most alphabets."""
    spec = importlib.util.find_spec("matplotlib")
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
        if path.exists():
            return ImageFont.truetype(str(path), 10)
    return ImageFont.load_default(11)


def _fit(pen: ImageDraw.ImageDraw, text: str, font: Any) -> str:
    while text and pen.textlength(text, font=font) > _CELL:
        text = text[:-1]
    return text


def _save(sheet: Pillow.Image, out: Path) -> None:
    with replacing(out) as draft:
        sheet.save(draft, format="PNG", compress_level=3)
