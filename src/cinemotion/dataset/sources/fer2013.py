"""FER2013's CSV: ``emotion,pixels,Usage``, 48 x 48 grey values as text in every row.

    source = open_fer2013(Path("fer2013.csv"), LIMITS)
    source.names()[0]        # 'Training/0000000.png': the row's number, counted over the file

``emotion`` and ``Usage`` may be missing, as in Kaggle's ``train.csv`` and ``test.csv``. Pictures
are stored as grey PNG files.

Source: I. Goodfellow et al., "Challenges in Representation Learning: A report on three machine
learning contests", ICONIP 2013.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.emotions import FER2013
from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_file
from cinemotion.dataset.sources.csvfiles import read_header, read_rows
from cinemotion.dataset.sources.limits import Limits, tame_name
from cinemotion.dataset.sources.source import Ballot, Member, Remarks, file_state

ANNOTATOR = "fer2013"
_COLUMNS = ("emotion", "pixels", "usage")


class Fer2013Source:
    """The rows of a FER2013 CSV; see the module's docstring.

    Args:
        path: The file.
        columns: ``pixels``, and ``emotion`` and ``usage`` if there, with their positions.
        limits: How many rows are read.

    Raises:
        BadInputError: There is no row, or there are too many.
    """

    kind = "fer2013"

    def __init__(self, path: Path, columns: dict[str, int], limits: Limits) -> None:
        self.path = path
        self.remarks = Remarks()
        self._columns = columns
        self._names = [_name(i, row) for i, row in enumerate(read_rows(path, columns))]
        if not 0 < len(self._names) <= limits.members:
            raise BadInputError(
                f"{path} has {len(self._names)} rows, 1 to {limits.members} are read"
            )

    def names(self) -> Sequence[str]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.names`."""
        return self._names

    def members(self, skip: Container[str]) -> Iterator[Member]:
        """See :meth:`~cinemotion.dataset.sources.source.Source.members`."""
        for name, row in zip(self._names, read_rows(self.path, self._columns), strict=True):
            if name not in skip:
                yield _member(name, row)

    def state(self) -> str:
        """See :meth:`~cinemotion.dataset.sources.source.Source.state`."""
        return file_state(self.path)

    def digest(self, names: Sequence[str]) -> str:
        """The hash of the file."""
        return hash_file(self.path)


def open_fer2013(path: Path, limits: Limits) -> Fer2013Source | None:
    """A FER2013 CSV; ``None`` where the file has no column ``pixels``."""
    if not path.is_file() or path.suffix.casefold() != ".csv":
        return None
    header = [name.casefold() for name in read_header(path)]
    if "pixels" not in header:
        return None
    columns = {name: header.index(name) for name in _COLUMNS if name in header}
    return Fer2013Source(path, columns, limits)


def row_number(name: str) -> int:
    """The row, from 0, that a member's name stands for."""
    return int(Path(name).stem)


def parse_pixels(text: str) -> NDArray[np.uint8]:
    """The grey values of a row, uint8 ``(S, S)``.

    Several times as fast as splitting the text: every number ends where a digit stands before
    a blank, and has at most three of them.

    Raises:
        ValueError: They are no numbers from 0 to 255, or not as many as a square has.
    """
    signs = np.frombuffer(f"   {text} ".encode("ascii", "replace"), np.uint8)
    digits = signs - np.uint8(ord("0"))  # blanks wrap round to 240
    is_digit = digits < 10
    if not (is_digit | (signs == ord(" "))).all():
        raise ValueError("pixels are no numbers")
    ones = np.flatnonzero(is_digit[:-1] & ~is_digit[1:])
    tens, hundreds = is_digit[ones - 1], is_digit[ones - 1] & is_digit[ones - 2]
    values = digits[ones].astype(np.int32)
    values += 10 * tens * digits[ones - 1] + 100 * hundreds * digits[ones - 2].astype(np.int32)
    if (hundreds & is_digit[ones - 3]).any() or (values > 255).any():
        raise ValueError("a pixel is above 255")
    side = math.isqrt(len(values))
    if side * side != len(values) or not side:
        raise ValueError(f"{len(values)} pixels make no square")
    return values.astype(np.uint8).reshape(side, side)


def _name(number: int, row: dict[str, str]) -> str:
    usage = tame_name(row.get("usage", "").strip())
    return f"{usage}/{number:07d}.png" if usage else f"{number:07d}.png"


def _member(name: str, row: dict[str, str]) -> Member:
    label = _label(row.get("emotion", "").strip())
    ballots = () if label is None else (Ballot(label, annotator=ANNOTATOR),)
    try:
        pixels = parse_pixels(row["pixels"])
    except ValueError as error:
        return Member(name, problem=str(error), label=label, ballots=ballots)
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return Member(name, data, label=label, ballots=ballots)


def _label(emotion: str) -> str | None:
    """The class of an ``emotion``: FER2013's number, or a word."""
    if emotion.isascii() and emotion.isdigit() and int(emotion) < len(FER2013):
        return FER2013[int(emotion)]
    return emotion or None
