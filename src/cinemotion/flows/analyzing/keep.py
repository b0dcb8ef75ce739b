"""The characters of a film, written back into its dataset: splits and proofs know them then.

put_cast(analysis)          # dataset/levels.py reads the table "cast"
"""

from __future__ import annotations

import pyarrow as pa

from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import CAST, owned
from cinemotion.flows.analyzing.analysis import Analysis


def put_cast(analysis: Analysis) -> None:
    """Put the characters in the place of those that the dataset knew of this film and recipe.

    Raises:
        DatasetError: The dataset cannot be written.
    """
    footage = analysis.footage
    rows = [
        {
            "film": footage.film,
            "recipe": footage.recipe,
            "track": track,
            "character": person.id,
            "name": person.name if person.name != person.id else None,
        }
        for person in analysis.people
        for track in person.tracks
    ]
    table = pa.Table.from_pylist(rows, CAST)
    store = Store.open(footage.dataset)
    where = owned(footage.film, footage.recipe)
    if store.read("cast", where=where).sort_by("track").equals(table.sort_by("track")):
        return
    store.delete("cast", where)
    store.append("cast", table)
