"""Adds FER+'s votes to FER2013 pictures that a dataset holds already.

    added, samples = add_ferplus(store, open_ferplus(Path("fer2013new.csv")))

The rule: a source imported from a FER2013 CSV with as many rows takes the votes by row, since both
files are in the same order; any other source takes them by picture name, where its members are
named as FER+ names them (``fer0000000.png``, in any folder).
"""

from __future__ import annotations

from pathlib import PurePosixPath

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.fer2013 import row_number
from cinemotion.dataset.sources.ferplus import ANNOTATOR, FerPlus, Row
from cinemotion.dataset.store import Store
from cinemotion.dataset.votes import Vote, Votes


def add_ferplus(store: Store, votes: FerPlus) -> tuple[int, int]:
    """Add the votes to every source that they fit.

    Returns:
        How many votes were added, and how many samples have them.

    Raises:
        BadInputError: They fit no source, or a row's ``Usage`` is not that of the picture.
    """
    stills = pl.DataFrame(store.read("stills", ["id", "source", "member"]))
    kinds = {row["name"]: row["kind"] for row in store.read("sources").to_pylist()}
    matched: list[tuple[str, Row]] = []
    for (name,), members in stills.group_by("source", maintain_order=True):
        if kinds.get(str(name)) == "fer2013":
            matched += _by_row(members, votes)
        else:
            matched += _by_name(members, votes)
    if not matched:
        raise BadInputError(
            f"{votes.path} holds votes and no pictures, and {store.path} holds no FER2013 that "
            f"they fit (a CSV of {len(votes.rows)} rows, or pictures named fer0000000.png and "
            "so on); import FER2013 first"
        )
    added = Votes(store.path).add(
        Vote(id, label, ANNOTATOR, "import", count=count)
        for id, row in matched
        for label, count in row.counts.items()
    )
    return added, len(matched)


def _by_row(members: pl.DataFrame, votes: FerPlus) -> list[tuple[str, Row]]:
    if members.height != len(votes.rows):
        return []
    matched = []
    for id, name in members.select("id", "member").iter_rows():
        row = votes.rows[row_number(name)]
        usage = PurePosixPath(name).parent.name
        if usage and usage != row.usage:
            raise BadInputError(
                f"{votes.path}, row {row_number(name)}: usage {row.usage}, but {usage} in "
                "FER2013; the files do not belong together"
            )
        matched.append((id, row))
    return matched


def _by_name(members: pl.DataFrame, votes: FerPlus) -> list[tuple[str, Row]]:
    rows = {row.image: row for row in votes.rows if row.image}
    found = (
        (id, rows.get(PurePosixPath(name).stem))
        for id, name in members.select("id", "member").iter_rows()
    )
    return [(id, row) for id, row in found if row is not None]
