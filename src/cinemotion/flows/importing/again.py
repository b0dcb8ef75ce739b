"""An import that is repeated: what it may change (the rights note), what it must keep (labels).

    check_labels(store, "faces", source, done, Classes({"joy": "happy"}))
    notice = note_rights(store, mark, "CC BY 4.0")     # None where the note stood already

Labels are compared, not class maps: a map that says the same in other words is the same, and what
was imported by an earlier version, which wrote no map down, is checked too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import polars as pl
import pyarrow as pa

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.sources.classes import Classes
from cinemotion.dataset.sources.source import Source
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import SOURCES
from cinemotion.dataset.votes import Votes, latest
from cinemotion.flows.importing.intake import Naming
from cinemotion.flows.importing.said import votes_of


def check_labels(
    store: Store, name: str, source: Source, done: Collection[str], classes: Classes
) -> None:
    """Make sure that members imported before have the labels that class names now become.

    Args:
        store: The dataset.
        name: The source's name in it.
        source: The source, opened.
        done: The members that are in.
        classes: The class map of this run.

    Raises:
        BadInputError: One has another label.
    """
    imported = _imported(store)
    naming = Naming(name)
    for member in source.members(set(source.names()).difference(done)):
        now: dict[str, set[str]] = defaultdict(set)
        id = naming.sample_id(member.name)
        for vote in votes_of(id, member.ballots, name, classes):
            now[vote.annotator].add(vote.label)
        for annotator, labels in now.items():
            then = imported.get((id, annotator), labels)  # votes may have been forgotten
            if then != labels:
                raise BadInputError(
                    f"{member.name} was imported as {_listed(then - labels or then)}, the classes "
                    f"now say {_listed(labels - then or labels)}; use the same --class-map as "
                    "then, if any, or give this import another --name; cinemotion labels import "
                    "changes labels"
                )


def note_rights(store: Store, mark: dict[str, Any], rights: str | None) -> str | None:
    """Write a rights note that is new into the mark of an import.

    Args:
        store: The dataset.
        mark: The row of the finished import.
        rights: The note; ``None`` leaves the one that stands.

    Returns:
        What a user should read about it, or ``None`` where nothing changed.
    """
    if not rights or rights == mark["rights"]:
        return None
    row = pa.Table.from_pylist([mark | {"rights": rights}], SOURCES)
    store.replace("sources", row, key="name")
    before = f"{mark['rights']!r}" if mark["rights"] else "none"
    return f"the rights note is now {rights!r}, before: {before}"


def _imported(store: Store) -> dict[tuple[str, str], set[str]]:
    """Sample and annotator → the labels that came with the pictures."""
    votes = latest(Votes(store.path).table().filter(pl.col("source") == "import"))
    found = votes.group_by("sample", "annotator").agg("label")
    return {(sample, annotator): set(labels) for sample, annotator, labels in found.iter_rows()}


def _listed(labels: set[str]) -> str:
    return ", ".join(sorted(labels))
