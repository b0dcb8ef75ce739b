"""The characters of a film, written back into its dataset: splits and proofs know them then.

put_cast(analysis)          # dataset/levels.py reads the table "cast"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CAST, owned
from cinemotion.flows.analyzing.analysis import Analysis


def put_cast(analysis: Analysis) -> None:
    """Put the characters in the place of those that the dataset knew of this film and recipe.

    A character of the same tracks stays the person, over films, that it was.

    Raises:
        DatasetError: The dataset cannot be written.
    """
    footage = analysis.footage
    store = Store.open(footage.dataset)
    where = owned(footage.film, footage.recipe)
    before = store.read("cast", where=where).sort_by("track")
    known = _known(before.to_pylist())
    rows = [
        {
            "film": footage.film,
            "recipe": footage.recipe,
            "track": track,
            "character": person.id,
            "name": person.name if person.name != person.id else None,
            **known.get(person.tracks, {}),
        }
        for person in analysis.people
        for track in person.tracks
    ]
    table = pa.Table.from_pylist(rows, CAST)
    if before.equals(table.sort_by("track")):
        return
    store.delete("cast", where)
    store.append("cast", table)


def _known(rows: Sequence[dict[str, Any]]) -> dict[tuple[int, ...], dict[str, Any]]:
    """What was found of characters over films, by all of their tracks."""
    tracks: dict[str, list[int]] = {}
    for row in rows:
        tracks.setdefault(row["character"], []).append(row["track"])
    kept = ("person", "person_name")
    told = {row["character"]: {name: row[name] for name in kept} for row in rows}
    return {tuple(sorted(mine)): told[character] for character, mine in tracks.items()}
