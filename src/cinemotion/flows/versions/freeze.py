"""Freeze what a dataset holds into a version that never changes.

    version = freeze("dataset", tag="v1")
    version.id                       # the same wherever the same is frozen
    version.record["proof"]["holds"]

The state is read at one moment, the votes are resolved into labels, the split is proved free of
leaks, and the whole is put in place by one rename. What would leak is not frozen, unless a
reason is given, which then stays in the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.emotions import ANSWERS
from cinemotion.core.errors import BadInputError, DatasetError
from cinemotion.dataset.identity import content_digest, version_id
from cinemotion.dataset.manifest import MANIFEST, ORIGINS, write_version
from cinemotion.dataset.store import Store
from cinemotion.dataset.versions import (
    Version,
    check_tag,
    put_head,
    put_tag,
    read_head,
    refuse_taken,
    versions_lock,
)
from cinemotion.flows.curating.fingerprints import Progress
from cinemotion.flows.versions.classes import choose_classes, pin_labels
from cinemotion.flows.versions.cut import Cut, read_cut
from cinemotion.flows.versions.doomed import unfinished
from cinemotion.flows.versions.proof import leak_line, nearness_of, prove

_MOST = 1000.0  # what a vote may weigh


def freeze(
    dataset: Path | str,
    *,
    tag: str,
    message: str = "",
    classes: Sequence[str] | None = None,
    annotators: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    allow_leakage: str | None = None,
    progress: Progress | None = None,
) -> Version:
    """Freeze a dataset; what was frozen before is found again under the same id.

    Args:
        dataset: Its folder.
        tag: The name of the version.
        message: What the user says about it; kept beside the tag.
        classes: The ordered classes; without it those present, in the pinned order of emotions.
        annotators: Whose votes count; without it, everybody's.
        weights: What a vote of an annotator weighs, up to 1,000; of the others, 1.
        allow_leakage: Why a version that leaks may be frozen all the same.
        progress: Told about fingerprints that have to be computed first.

    Raises:
        BadInputError: The tag or a class cannot be used.
        DatasetError: There is no split, samples came in since, or something leaks.
    """
    store = Store.open(Path(dataset))
    check_tag(tag)
    _check_weights(weights or {})
    with versions_lock(store):
        _refuse_half_forgotten(store)
        cut = read_cut(store, annotators=annotators, weights=weights, progress=progress)
        pinned = choose_classes(cut.rows, classes)
        rows = pin_labels(cut.rows, pinned)
        proof = _proved(store, cut, rows, allow_leakage)
        identity = _identity(store, rows, pinned, _recipe(cut, annotators, weights))
        id = str(identity["id"])
        refuse_taken(store.path, tag, id)
        findings = {
            "counts": _counts(rows),
            "statuses": _statuses(rows) | {"pending": cut.pending},
            "votes": cut.mark,
            "proof": proof,
            "allowed_leakage": None if proof["holds"] else allow_leakage,
        }
        write_version(
            store.path,
            id,
            manifest=rows.select(*MANIFEST),
            origins=rows.select(*ORIGINS),
            record=identity | findings,
            notes=cut.notes,
        )
        put_tag(store.path, tag, id, message)
        put_head(store.path, id)
    return Version(store, id)


def _identity(
    store: Store, rows: pl.DataFrame, classes: Sequence[str], recipe: dict[str, Any]
) -> dict[str, Any]:
    """The part of the record that the id follows from."""
    labels = (*classes, *ANSWERS)
    samples = rows.select(*MANIFEST).iter_rows(named=True)
    content = content_digest(samples, labels=labels, classes=classes, recipe=recipe)
    parent = read_head(store.path)
    id = version_id(content, parent)
    if parent is not None:
        before = Version(store, parent).record
        if before["content"] == content:  # nothing changed since: it is that version
            id, parent = before["id"], before["parent"]
    return {
        "id": id,
        "content": content,
        "parent": parent,
        "classes": list(classes),
        "labels": list(labels),
        "recipe": recipe,
    }


def _refuse_half_forgotten(store: Store) -> None:
    left_over = unfinished(store)
    if left_over is not None:
        raise DatasetError(
            f"forgetting {left_over.asked!r} was cut short in {store.path}; complete it first: "
            f"cinemotion forget {store.path} {left_over.asked!r}"
        )


def _proved(
    store: Store, cut: Cut, rows: pl.DataFrame, allow_leakage: str | None
) -> dict[str, Any]:
    if allow_leakage is not None and not allow_leakage.strip():
        raise BadInputError("--allow-leakage needs a reason; it stays in the version's record")
    sides = rows.filter(pl.col("split").is_not_null())
    proof = prove(sides, nearness=nearness_of(cut.split), group=cut.split["level"], shown=cut.shown)
    line = leak_line(proof)
    if line is not None and allow_leakage is None:
        raise DatasetError(
            f"{store.path} cannot be frozen: {line}; run cinemotion dedup and cinemotion split "
            "again, or state why with --allow-leakage REASON"
        )
    return proof


def _check_weights(weights: Mapping[str, float]) -> None:
    for annotator, weight in weights.items():
        if not 0 < weight <= _MOST:
            raise BadInputError(
                f"a vote of {annotator} must weigh more than 0 and at most {_MOST:g}, got {weight}"
            )


def _recipe(
    cut: Cut, annotators: Sequence[str] | None, weights: Mapping[str, float] | None
) -> dict[str, Any]:
    """How the samples came about: what else than settings the id must cover is in the rows."""
    labels: dict[str, Any] = {"annotators": None if annotators is None else sorted(set(annotators))}
    if weights:
        labels["weights"] = {name: float(weights[name]) for name in sorted(weights)}
    return {
        "build": cut.recipes,
        "imports": cut.imports,
        "dedup": cut.dedup,
        "split": cut.split,
        "labels": labels,
    }


def _counts(rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Kept samples by split and label; no split and no label have the name ``none``."""
    kept = rows.filter(pl.col("status") == "kept")
    table = kept.group_by(pl.col("split", "label").fill_null("none")).len().sort("split", "label")
    counts: dict[str, dict[str, int]] = {}
    for split, label, count in table.iter_rows():
        counts.setdefault(split, {})[label] = count
    return counts


def _statuses(rows: pl.DataFrame) -> dict[str, Any]:
    """How many samples were kept, and how many rejected for which reason."""
    rejected = rows.filter(pl.col("status") == "rejected")
    # A reason may go on after a colon: "unreadable: truncated file".
    reason = pl.col("reason").fill_null("none").str.split(":").list.first()
    reasons = rejected.group_by(reason).len().sort("reason")
    return {"kept": rows.height - rejected.height, "rejected": dict(reasons.iter_rows())}
