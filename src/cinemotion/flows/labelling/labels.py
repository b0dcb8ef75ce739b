"""From votes to labels: who says what, weighed, as one distribution per sample.

    labels = resolve_labels(dataset)
    labels.row(0, named=True)
    # {"id": "3f…", "label": "happy",
    #  "distribution": [{"label": "happy", "share": 0.7}, {"label": "sad", "share": 0.3}]}

1. Ranges of film become votes on the samples that they reach (``flows/labelling/spans.py``).
2. Of each annotator and sample, what was said last counts.
3. Exact and near twins share one pool of votes: they show the same picture.
4. In a pool, people who voted here outrank labels that came with the pictures, and those outrank
   a model: a correction by hand must not end in a tie with what it corrects.
5. A vote weighs its count times its confidence, and what its annotator weighs if that is said.
   The label is what has the largest share; a tie has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from cinemotion.dataset.dataset import Dataset
from cinemotion.dataset.votes import SOURCES, Votes, latest
from cinemotion.flows.labelling.spans import Reach, spread_ranges

DISTRIBUTION = pl.List(pl.Struct({"label": pl.String(), "share": pl.Float64()}))
# Confidences count in millionths, so that sums are exact in whatever order they are taken.
_ONE = 1_000_000


def resolve_labels(
    dataset: Dataset,
    *,
    upto: int | None = None,
    annotators: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    pooled: bool = True,
) -> pl.DataFrame:
    """One row per sample of a dataset: its label and the distribution behind it.

    Args:
        dataset: The dataset.
        upto: Votes up to this mark of ``Votes.high_water``; without it, all.
        annotators: Whose votes count; without it, everybody's.
        weights: What a vote of an annotator weighs; of the others, 1.
        pooled: Whether twins share their votes; else each sample has its own only.

    Returns:
        ``id``; ``label``, null where nobody voted or the largest shares are equal;
        ``distribution``, a list of ``label`` and ``share`` sorted by label, summing to 1, empty
        where nobody voted. Labels may be ``unknown`` and ``not_a_face``. Sorted by ``id``.
    """
    ids = dataset.samples().select("id")
    roots = twin_roots(dataset) if pooled else ids.with_columns(root="id").clear()
    ids = ids.join(roots, on="id", how="left").with_columns(pl.col("root").fill_null(pl.col("id")))
    votes, _ = current_votes(dataset, upto=upto, annotators=annotators)
    shares = _shares(votes.join(ids, left_on="sample", right_on="id"), weights or {})
    return (
        ids.join(_winners(shares), on="root", how="left")
        .select("id", "label", pl.col("distribution").fill_null(pl.lit([], DISTRIBUTION)))
        .sort("id")
    )


def current_votes(
    dataset: Dataset, *, upto: int | None = None, annotators: Sequence[str] | None = None
) -> tuple[pl.DataFrame, list[Reach]]:
    """The votes that stand, those of ranges among them, and what each range reached.

    Columns: ``batch``, ``sample``, ``label``, ``annotator``, ``source``, ``confidence``,
    ``count``. A range and a vote of one annotator on one sample: the later one stands.
    """
    votes = Votes(dataset.path)
    spread, reaches = spread_ranges(dataset, votes.ranges(upto))
    table = pl.concat([votes.table(upto).drop("time"), spread.drop("character")])
    if annotators is not None:
        table = table.filter(pl.col("annotator").is_in(list(annotators)))
    return latest(table), reaches


def twin_roots(dataset: Dataset) -> pl.DataFrame:
    """Which samples share a picture: ``id`` and ``root``, the keeper of its twins.

    Only members of groups have a row. Frames of a track that were put aside as too many show
    other pictures, and are in no group here.
    """
    twins = dataset.table("duplicates", ["id", "keeper", "kind"])
    return twins.filter(pl.col("kind").is_in(["exact", "near"])).select("id", root="keeper")


def characters_from_ranges(dataset: Dataset, *, upto: int | None = None) -> pl.DataFrame:
    """Who is seen in a sample, as far as ranges that name a character say so without doubt.

    Returns:
        ``id`` and ``character``, sorted; samples that ranges give two characters are left out.
    """
    spread, _ = spread_ranges(dataset, Votes(dataset.path).ranges(upto))
    named = spread.filter(pl.col("character").is_not_null()).group_by("sample")
    names = named.agg(pl.col("character").unique())
    clear = names.filter(pl.col("character").list.len() == 1)
    return clear.select(id="sample", character=pl.col("character").list.first()).sort("id")


def _shares(votes: pl.DataFrame, weights: Mapping[str, float]) -> pl.DataFrame:
    """Per root and label, the share of the votes of the highest rank that voted at all."""
    ranks = {source: rank for rank, source in enumerate(SOURCES)}
    confidence = pl.col("confidence").fill_null(1.0)
    if weights:
        confidence *= pl.col("annotator").replace_strict(
            dict(weights), default=1.0, return_dtype=pl.Float64
        )
    weight = (confidence * _ONE).round().cast(pl.Int64) * pl.col("count")
    rank = pl.col("source").replace_strict(ranks, return_dtype=pl.Int8)
    counted = votes.with_columns(weight=weight, rank=rank).filter(pl.col("weight") > 0)
    counted = counted.filter(pl.col("rank") == pl.col("rank").min().over("root"))
    sums = counted.group_by("root", "label").agg(pl.col("weight").sum())
    return sums.with_columns(share=pl.col("weight") / pl.col("weight").sum().over("root"))


def _winners(shares: pl.DataFrame) -> pl.DataFrame:
    """Per root: the label with the largest weight, null in a tie, and the distribution."""
    first = pl.col("label").filter(pl.col("weight") == pl.col("weight").max())
    return (
        shares.sort("root", "label")
        .group_by("root", maintain_order=True)
        .agg(
            label=pl.when(first.len() == 1).then(first.first()),
            distribution=pl.struct("label", "share"),
        )
    )
