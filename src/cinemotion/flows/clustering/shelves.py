"""The faces of each cluster, for its page: the typical, the odd, and what they are called.

for shelf in fill_shelves(clustering, images):
    shelf["name"], shelf["size"], shelf["emotions"]    # "3", 412, ["34 % happy", …]
    shelf["typical"], shelf["odd"]                     # pictures with captions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.types import Image
from cinemotion.flows.clustering.names import captions_of, film_names
from cinemotion.flows.looking.page import picture_uri
from cinemotion.learn.showing import NOISE, ShownCluster, show_clusters

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering

SHELVES = 24
_SIDE = 96  # pixels of a picture's longer side
_NAMED = 3  # emotions, and films, that a cluster is said to be made of

Images = Callable[[Sequence[str]], list[Image]]


def fill_shelves(clustering: Clustering, images: Images) -> list[dict[str, Any]]:
    """The pictures of the largest clusters, :data:`SHELVES` at most.

    Args:
        clustering: The clusters.
        images: Gives the pictures of samples by their ids.
    """
    shown = show_clusters(clustering.scaled, clustering.clusters)[:SHELVES]
    return [_shelf(clustering, cluster, images) for cluster in shown]


def _shelf(clustering: Clustering, cluster: ShownCluster, images: Images) -> dict[str, Any]:
    samples = clustering.table.samples
    members = samples.filter(pl.Series(clustering.clusters == cluster.cluster))
    return {
        "name": "noise" if cluster.cluster == NOISE else f"{cluster.cluster}",
        "size": cluster.size,
        "emotions": _shares(members["label"]),
        "films": _shares(members.select(film_names())["film"]),
        "typical": _pictures(samples, cluster.typical, images),
        "odd": _pictures(samples, cluster.odd, images),
    }


def _shares(values: pl.Series) -> list[str]:
    """The most frequent values with their shares, of those samples that have one."""
    known = values.drop_nulls()
    counts = known.value_counts(sort=True).sort("count", known.name, descending=[True, False])
    return [
        f"{100 * count / len(known):.0f} % {name}" for name, count in counts.head(_NAMED).rows()
    ]


def _pictures(
    samples: pl.DataFrame, rows: NDArray[np.int64], images: Images
) -> list[dict[str, str]]:
    chosen = samples[rows]
    labels = [label or "no label" for label in chosen["label"]]
    pictures = images(chosen["id"].to_list())
    return [
        {"uri": picture_uri(picture, _SIDE), "alt": f"{label}, {caption}", "label": label}
        for picture, label, caption in zip(pictures, labels, captions_of(chosen), strict=True)
    ]
