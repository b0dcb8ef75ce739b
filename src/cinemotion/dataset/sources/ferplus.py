"""FER+'s CSV of votes: ten raters' counts for every row of FER2013, no pictures.

    votes = open_ferplus(Path("fer2013new.csv"))
    votes.rows[0]       # Row(usage='Training', image='fer0000000', counts={'neutral': 4, …})

Its rows are in the order of FER2013's CSV. ``Image name`` counts only the rows that FER+ took for
pictures (71 of FER2013's training rows have none), so that it is no row number.

Source: E. Barsoum et al., "Training deep networks for facial expression recognition with
crowd-sourced label distribution", ICMI 2016; https://github.com/microsoft/FERPlus
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cinemotion.core.emotions import FERPLUS, canonical
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.csvfiles import read_header, read_rows

ANNOTATOR = "ferplus"


@dataclass(frozen=True, slots=True)
class Row:
    """The votes on one picture of FER2013.

    Attributes:
        usage: ``Training``, ``PublicTest`` or ``PrivateTest``.
        image: FER+'s name of the picture without its suffix; empty where it is none.
        counts: Label → number of raters, above 0.
    """

    usage: str
    image: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class FerPlus:
    """FER+'s votes, in the order of FER2013's rows."""

    path: Path
    rows: tuple[Row, ...]


def open_ferplus(path: Path) -> FerPlus | None:
    """FER+'s votes; ``None`` where the file has other columns.

    Raises:
        BadInputError: A count is no number, or there is no row.
    """
    if not path.is_file() or path.suffix.casefold() != ".csv":
        return None
    header = read_header(path)
    places = {name: place for place, title in enumerate(header) if (name := canonical(title))}
    plain = [title.casefold() for title in header]
    if not set(FERPLUS) <= set(places) or not {"usage", "image name"} <= set(plain):
        return None
    columns = places | {"usage": plain.index("usage"), "image": plain.index("image name")}
    rows = tuple(_row(path, number, row) for number, row in enumerate(read_rows(path, columns)))
    if not rows:
        raise BadInputError(f"{path} has no votes; get the file again")
    return FerPlus(path, rows)


def _row(path: Path, number: int, row: dict[str, str]) -> Row:
    try:
        counts = {name: int(row[name] or 0) for name in FERPLUS}
    except ValueError as error:
        raise BadInputError(
            f"{path}, row {number}: a count is no number ({error}); correct the file"
        ) from error
    return Row(
        usage=row["usage"].strip(),
        image=PurePosixPath(row["image"].strip()).stem,
        counts={name: count for name, count in counts.items() if count > 0},
    )
