"""Where annotators agree, and where they do not.

report = agreement(dataset)
report["krippendorff"]["alpha"], report["krippendorff"]["classes"]["happy"]
disputed = conflicts(dataset, top=20)
disputed["samples"][0]["entropy"], disputed["duplicates"]
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.emotions import in_order
from cinemotion.curate.agreement import (
    MISSING,
    cohen_kappa,
    cohen_per_class,
    fleiss_kappa,
    krippendorff_alpha,
    per_class,
)
from cinemotion.dataset.dataset import Dataset
from cinemotion.flows.labelling.labels import current_votes, resolve_labels, twin_roots


def agreement(dataset: Dataset) -> dict[str, Any]:
    """How far those who voted agree beyond chance, overall and for each class against the rest.

    Cohen's kappa compares two annotators on the samples on which each gave one label. Fleiss'
    kappa and Krippendorff's alpha take everybody, and count an annotator who stands for several
    raters (FER+) as so many. Twins are not pooled; confidences do not count. A figure that is not
    defined is NaN.

    Returns:
        ``labels``; ``annotators`` with their ``samples`` and ``votes``; ``cohen``, a list of
        ``first``, ``second``, ``samples``, ``kappa``, ``classes``; ``fleiss`` (``kappa``) and
        ``krippendorff`` (``alpha``), both with ``samples`` (those with two raters or more) and
        ``classes``.
    """
    votes, _ = current_votes(dataset)
    known = dataset.samples().select("id")
    votes = votes.join(known, left_on="sample", right_on="id", how="semi")
    labels = in_order(set(votes["label"]))
    counts = _counts(votes, labels)
    samples = int((counts.sum(axis=1) >= 2).sum())
    who = votes.group_by("annotator").agg(
        samples=pl.col("sample").n_unique(), votes=pl.col("count").sum()
    )
    return {
        "labels": list(labels),
        "annotators": who.sort("annotator").to_dicts(),
        "cohen": _cohen(votes, labels),
        "fleiss": {
            "kappa": fleiss_kappa(counts),
            "samples": samples,
            "classes": dict(zip(labels, per_class(fleiss_kappa, counts), strict=True)),
        },
        "krippendorff": {
            "alpha": krippendorff_alpha(counts),
            "samples": samples,
            "classes": dict(zip(labels, per_class(krippendorff_alpha, counts), strict=True)),
        },
    }


def conflicts(dataset: Dataset, *, top: int = 20) -> dict[str, list[dict[str, Any]] | None]:
    """The kept samples that are most disputed, and twins that carry different labels.

    Args:
        dataset: The dataset.
        top: At most so many of each.

    Returns:
        ``samples``: ``id``, ``entropy`` (bits) of its own votes, ``label``, ``distribution``,
        most disputed first. ``duplicates``: ``keeper``, ``members`` (``id``, ``label``),
        ``entropy``, ``label`` and ``distribution`` of their pooled votes; ``None`` where nobody
        has looked for duplicates yet. What was settled by hand is in neither.
    """
    own = _with_entropy(resolve_labels(dataset, pooled=False))
    kept = dataset.samples().filter(pl.col("status") == "kept").select("id")
    samples = own.join(kept, on="id", how="semi").filter(pl.col("entropy") > 0)
    twins = None
    if (dataset.path / "duplicates.lance").exists():
        twins = _most_disputed(_disputed_twins(dataset, own), "keeper", top)
    return {"samples": _most_disputed(samples, "id", top), "duplicates": twins}


def _disputed_twins(dataset: Dataset, own: pl.DataFrame) -> pl.DataFrame:
    members = twin_roots(dataset).join(own.drop_nulls("label"), on="id").sort("root", "id")
    groups = members.group_by("root").agg(
        members=pl.struct("id", "label"), several=pl.col("label").n_unique() > 1
    )
    pooled = _with_entropy(resolve_labels(dataset))
    twins = groups.filter("several").drop("several").join(pooled, left_on="root", right_on="id")
    return twins.filter(pl.col("entropy") > 0).rename({"root": "keeper"})


def _most_disputed(rows: pl.DataFrame, key: str, top: int) -> list[dict[str, Any]]:
    return rows.sort("entropy", key, descending=[True, False]).head(top).to_dicts()


def _with_entropy(labels: pl.DataFrame) -> pl.DataFrame:
    share = pl.element().struct.field("share")
    entropy = pl.col("distribution").list.eval(-share * share.log(2)).list.sum()
    return labels.with_columns(entropy=entropy)


def _counts(votes: pl.DataFrame, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """How many raters gave each sample each label: int64 ``(n, labels)``."""
    _, rows = np.unique(votes["sample"].to_numpy(), return_inverse=True)
    columns = _codes(votes, labels)
    counts = np.zeros((rows.max(initial=-1) + 1, len(labels)), np.int64)
    np.add.at(counts, (rows, columns), votes["count"].to_numpy())
    return counts


def _codes(votes: pl.DataFrame, labels: tuple[str, ...]) -> NDArray[np.int64]:
    return votes["label"].cast(pl.Enum(labels)).to_physical().cast(pl.Int64).to_numpy()


def _cohen(votes: pl.DataFrame, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    alone = (pl.len().over("sample", "annotator") == 1) & (pl.col("count") == 1)
    single = votes.filter(alone)
    names = sorted(single["annotator"].unique())
    samples, rows = np.unique(single["sample"].to_numpy(), return_inverse=True)
    columns = np.searchsorted(np.array(names, dtype=object), single["annotator"].to_numpy())
    table = np.full((len(samples), len(names)), MISSING, np.int64)
    table[rows, columns] = _codes(single, labels)
    pairs = []
    for i, j in combinations(range(len(names)), 2):
        first, second = table[:, i], table[:, j]
        shared = int(((first != MISSING) & (second != MISSING)).sum())
        if shared:
            classes = cohen_per_class(first, second, len(labels))
            pairs.append(
                {
                    "first": names[i],
                    "second": names[j],
                    "samples": shared,
                    "kappa": cohen_kappa(first, second),
                    "classes": dict(zip(labels, classes, strict=True)),
                }
            )
    return pairs
