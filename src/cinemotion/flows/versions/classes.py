"""The classes of a version: which, in which order, and what becomes of other labels.

    classes = choose_classes(rows, asked=None)      # ("angry", "happy", …) as present
    rows = pin_labels(rows, classes)                # distributions over a fixed list of labels

A version pins its own classes, so that a label's number never depends on what another version
holds. ``unknown`` and ``not_a_face`` are answers that follow the classes in a distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from cinemotion.core.emotions import ANSWERS, CONTEMPT, EMOTIONS, canonical, in_order
from cinemotion.core.errors import BadInputError
from cinemotion.dataset.identity import exact


def choose_classes(rows: pl.DataFrame, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The classes that are asked for, or else those that kept samples carry.

    Args:
        rows: Samples with ``status`` and ``label``.
        asked: Names in the order that is wanted, in any case and wording.

    Raises:
        BadInputError: A name is given twice, is no class, or no sample carries it and it is no
            emotion that we know.
    """
    kept = rows.filter(pl.col("status") == "kept")["label"].drop_nulls()
    present = set(kept.unique()) - set(ANSWERS)
    if asked is None:
        if not present:
            raise BadInputError("no kept sample has a label; add labels, or name --classes")
        return in_order(present)
    names = [name if name in present else canonical(name) or name for name in asked]
    for name in names:
        if name in ANSWERS:
            raise BadInputError(f"{name} is an answer and no class; leave it out of --classes")
        if name not in present and name not in (*EMOTIONS, CONTEMPT):
            raise BadInputError(
                f"no kept sample is labelled {name!r}; there are: {', '.join(in_order(present))}"
            )
        if names.count(name) > 1:
            raise BadInputError(f"--classes names {name} twice")
    if not names:
        raise BadInputError("--classes is empty; name at least one class")
    return tuple(names)


def pin_labels(rows: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """Turn distributions into shares over the classes, ``unknown`` and ``not_a_face``.

    A sample whose label is not among them is unlabelled in this version. Where it only got some
    votes for other labels, these are left out and the other shares sum to 1 again.

    Args:
        rows: Samples with ``label`` and ``distribution``, a list of label and share.
        classes: The ordered classes.

    Returns:
        The same rows with ``distribution`` as float64 shares, or null.
    """
    labels = (*classes, *ANSWERS)
    known: dict[tuple[Any, ...], list[float] | None] = {}  # few distributions differ
    shares = []
    for label, pairs in rows.select("label", "distribution").iter_rows():
        key = (label, *((pair["label"], pair["share"]) for pair in pairs or ()))
        if key not in known:
            outside = label is not None and label not in labels
            known[key] = None if outside else _over(labels, dict(key[1:]))
        shares.append(known[key])
    label = pl.when(pl.col("label").is_in(list(labels))).then("label")
    column = pl.Series("distribution", shares, dtype=pl.List(pl.Float64))
    return rows.with_columns(label=label, distribution=column)


def _over(labels: Sequence[str], shares: dict[str, float]) -> list[float] | None:
    parts = [exact(shares[name]) if name in shares else Fraction(0) for name in labels]
    total = sum(parts, Fraction(0))
    return [float(part / total) for part in parts] if total else None
