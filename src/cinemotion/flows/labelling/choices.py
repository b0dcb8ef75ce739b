"""A table of clusters to fill in: which label the samples of a cluster shall have.

    write_choices(found, Path("choices.csv"))          # cluster,size,label; the labels empty
    for choice in read_choices(Path("choices.csv"), found, Wording()):
        choice.cluster, choice.label, choice.confidence

The size of each cluster is there to be checked: cluster 3 of another clustering is another one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from cinemotion.core.errors import BadInputError
from cinemotion.core.writing import replacing
from cinemotion.dataset.clusterings import StoredClustering
from cinemotion.dataset.sheets import read_sheet
from cinemotion.flows.labelling.wording import Wording

COLUMNS = ("cluster", "size", "label")


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided about a cluster.

    Attributes:
        cluster: Its number; -1 is noise.
        label: As labels are kept.
        confidence: In [0, 1], or ``None``.
    """

    cluster: int
    label: str
    confidence: float | None


def write_choices(found: StoredClustering, out: Path) -> int:
    """Write a table to fill in: a row per cluster, its label empty.

    Args:
        found: The clusters.
        out: The CSV file; it must be new.

    Returns:
        How many clusters it lists.

    Raises:
        BadInputError: The file is there already, or cannot be written.
    """
    if out.exists():
        raise BadInputError(f"{out} is there already and may be filled in; name a new file")
    sizes = cluster_sizes(found)
    text = StringIO()
    rows = [COLUMNS, *((number, size, "") for number, size in sizes.items())]
    csv.writer(text, lineterminator="\n").writerows(rows)
    with replacing(out) as draft:
        draft.write_text(text.getvalue(), encoding="utf-8")
    return len(sizes)


def read_choices(path: Path, found: StoredClustering, wording: Wording) -> Iterator[Choice]:
    """The clusters that a file gives a label, in its order.

    Args:
        path: A CSV file with ``cluster`` and ``label``, and where wanted ``size`` and
            ``confidence``; rows without a label are passed over.
        found: The clusters that it is about.
        wording: Turns labels into the names under which they are kept.

    Raises:
        BadInputError: The file, or a row of it, cannot be used; the message names the line.
    """
    sizes = cluster_sizes(found)
    seen = set()
    for line, row in read_sheet(path, ["cluster", "label"]):
        try:
            cluster = _cluster(row["cluster"], sizes)
            _check_size(row.get("size"), cluster, sizes)
            if cluster in seen:
                raise BadInputError(f"cluster {cluster} is there twice; give it one row")
            seen.add(cluster)
            if row["label"]:
                confidence = _confidence(row.get("confidence"))
                yield Choice(cluster, wording.pin(row["label"]), confidence)
        except BadInputError as error:
            raise BadInputError(f"{path}, line {line}: {error}; nothing was added") from error


def _cluster(text: str, sizes: dict[int, int]) -> int:
    known = {str(number): number for number in sizes}
    if text not in known:
        raise BadInputError(f"no cluster {text!r}; there are {', '.join(known)}")
    return known[text]


def _check_size(text: str | None, cluster: int, sizes: dict[int, int]) -> None:
    """Refuse a table that was filled in for other clusters: numbers alone do not tell."""
    if text and text != str(sizes[cluster]):
        raise BadInputError(
            f"cluster {cluster} has {sizes[cluster]} samples, not {text}; the table is one of "
            "another clustering"
        )


def _confidence(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = -1.0
    if value is not None and not 0 <= value <= 1:
        raise BadInputError(f"{text!r} is no confidence; expected a number in [0, 1]")
    return value


def cluster_sizes(found: StoredClustering) -> dict[int, int]:
    """How many samples each cluster has, noise last."""
    counts = dict(found.rows["cluster"].value_counts().sort("cluster").iter_rows())
    noise = {number: counts.pop(number) for number in list(counts) if number < 0}
    return counts | noise
