"""What to know of a model and the very samples that it is measured on.

    find_notices(classifier, "faces@v1", given)     # ["the model learned from these samples, …"]

Versions of one dataset share samples under different labels and splits: so samples are compared,
not the ids of versions. Twins in other data are kept apart by ``train --away-from``.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cinemotion.dataset.reference import split_reference
from cinemotion.dataset.versions import open_version, version_ids
from cinemotion.flows.evaluating.answers import Answers
from cinemotion.learn.classifier import Classifier


def find_notices(classifier: Classifier, data: str, given: Answers) -> list[str]:
    """What a reader of the figures has to know.

    Args:
        classifier: The model.
        data: What it was measured on.
        given: Its answers.
    """
    known = classifier.card.data
    sides = known.get("sides")
    if sides is None or "version" not in given.about:
        return []
    folder, _ = split_reference(data)
    held = set(version_ids(folder))
    learned, chosen = set[str](), set[str]()
    for id in (known.get("version"), *known.get("also", {}).values()):
        if id in held:
            samples = open_version(folder, id).samples().filter(status="kept")
            learned |= set(samples.filter(pl.col("split").is_in(sides["train"]))["id"])
            chosen |= set(samples.filter(split=sides["develop"])["id"])
    notices = []
    if said := _these(learned, given.names):
        notices.append(f"the model learned from {said}, so that the figures promise nothing")
    if said := _these(chosen, given.names):
        notices.append(
            f"the epoch, the temperature and the limit of unknown were chosen on {said}: the "
            "figures are a little too good"
        )
    return notices


def _these(known: set[str], names: Sequence[str]) -> str:
    """In words, how many of these samples are known; nothing where none is."""
    count = sum(name in known for name in names)
    if count == len(names):
        return "these samples"
    return f"{count} of these {len(names)} samples" if count else ""
