"""Label cluster by cluster: what was decided about clusters becomes votes on their samples.

    list_clusters(Path("dataset"), "3f09", Path("choices.csv"))       # cluster,size,label
    # look at the report of `cinemotion cluster --report`, fill in labels, leave others empty
    report = label_clusters(Path("dataset"), "3f09", Path("choices.csv"))
    report.added, report.known, report.notices

The votes are a model's (``clusters:<id>``), so that what people say about a sample outranks them.
They carry no confidence unless the file has a column of that name: how many of a cluster's faces
really show the label is something that its reviewer has seen and the clusters do not know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.clusterings import StoredClustering, read_clustering
from cinemotion.dataset.dataset import open_dataset
from cinemotion.dataset.versions import version_ids
from cinemotion.dataset.votes import Vote, Votes
from cinemotion.flows.labelling.choices import read_choices, write_choices
from cinemotion.flows.labelling.wording import Wording


@dataclass(frozen=True, slots=True)
class ClusterLabels:
    """What came of labelling clusters.

    Attributes:
        clustering: Its full id.
        annotator: In whose name the votes stand.
        rows: Of each cluster with a label: ``cluster``, ``label``, ``confidence``, ``samples``.
        added: How many votes were added, or would be in a dry run.
        known: How many stood already.
        notices: What the user should know, one line each.
    """

    clustering: str
    annotator: str
    rows: list[dict[str, Any]]
    added: int
    known: int
    notices: list[str] = field(default_factory=list)


def list_clusters(dataset: Path, clustering: str, out: Path) -> int:
    """Write a table of a clustering's clusters, to fill in their labels.

    Args:
        dataset: The dataset's folder.
        clustering: Its id, or the start of one.
        out: The CSV file; it must be new.

    Returns:
        How many clusters it lists.

    Raises:
        BadInputError: The file is there already, or cannot be written.
        DatasetError: There is no dataset, or no such clustering.
    """
    return write_choices(read_clustering(open_dataset(dataset).path, clustering), out)


def label_clusters(
    dataset: Path, clustering: str, choices: Path, *, dry_run: bool = False
) -> ClusterLabels:
    """Vote for the samples of the clusters that were given a label.

    Args:
        dataset: The dataset's folder.
        clustering: Its id, or the start of one.
        choices: A CSV file with ``cluster`` and ``label``, and where wanted ``size`` and
            ``confidence``; rows without a label are passed over.
        dry_run: Whether to write nothing, and only say what would be.

    Raises:
        BadInputError: A row cannot be used, no row has a label, or the clusters are those of
            another dataset; nothing was added.
        DatasetError: There is no dataset, or no such clustering, or votes cannot be written.
    """
    opened = open_dataset(dataset)
    found = read_clustering(opened.path, clustering)
    samples = opened.samples()["id"].implode()
    _check_origin(opened.path, found)
    wording = Wording()
    chosen = list(read_choices(choices, found, wording))
    if not chosen:
        raise BadInputError(f"{choices} gives no cluster a label; fill in some of the column label")
    annotator = f"clusters:{found.id}"
    there = found.rows.filter(pl.col("id").is_in(samples))
    rows, ballots = [], []
    for choice in chosen:
        ids = there.filter(pl.col("cluster") == choice.cluster)["id"]
        ballots += [Vote(id, choice.label, annotator, "model", choice.confidence) for id in ids]
        rows.append(asdict(choice) | {"samples": len(ids)})
    votes = Votes(opened.path)
    added = _count_new(votes, ballots, annotator) if dry_run else votes.add(ballots)
    notices = wording.notices()
    if gone := found.rows.height - there.height:
        notices.append(f"{gone} samples of the clustering are no longer in the dataset")
    return ClusterLabels(found.id, annotator, rows, added, len(ballots) - added, notices)


def _check_origin(dataset: Path, found: StoredClustering) -> None:
    """Refuse clusters that were copied here from elsewhere."""
    version = found.record["settings"]["version"]
    if version not in version_ids(dataset):
        raise BadInputError(
            f"clustering {found.id} is of version {version[:12]}, which {dataset} does not have: "
            "it belongs to another dataset; name that one, or cluster this one"
        )


def _count_new(votes: Votes, ballots: list[Vote], annotator: str) -> int:
    """How many of the votes do not stand already, those that take back among them."""
    said = votes.table().filter(pl.col("annotator") == annotator)
    last = said.filter(pl.col("batch") == pl.col("batch").max().over("sample"))
    standing = set(last.select("sample", "label", "confidence").iter_rows())
    return sum((vote.sample, vote.label, vote.confidence) not in standing for vote in ballots)
