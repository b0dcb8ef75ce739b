"""A clustering as a page to look at: the map, the clusters' faces, the scores, and what they mean.

    write_report(clustering, Path("clusters.html"), projections=["pca", "tsne"])

The file is whole by itself and opens without a network. Its map and curves need a script
(plotly.js, inside the file); everything else is there without one. See ``flows/looking/page.py``
for what pages have in common, and ``figures.py`` for the same drawn for print.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinemotion import __version__
from cinemotion.dataset.reference import need_version
from cinemotion.dataset.versions import open_version
from cinemotion.flows.clustering.cells import read_cells
from cinemotion.flows.clustering.found import interval_of, judge_clusters
from cinemotion.flows.clustering.names import group_names
from cinemotion.flows.clustering.pointmap import draw_map
from cinemotion.flows.clustering.shelves import fill_shelves
from cinemotion.flows.looking.page import render, write_page
from cinemotion.flows.looking.scripts import embed_json, our_script, plotly_script

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering
    from cinemotion.learn.choosing import KCurve
    from cinemotion.learn.clusterscores import Score

_MEASURES = {
    "ari": "Rand index, adjusted (ARI)",
    "nmi": "mutual information, normalised (NMI)",
    "ami": "mutual information, adjusted (AMI)",
    "homogeneity": "homogeneity",
    "completeness": "completeness",
    "v": "V-measure",
    "fowlkes_mallows": "Fowlkes-Mallows",
    "purity": "purity",
    "accuracy": "accuracy, best matched (Hungarian)",
}
_SHAPE = {
    "silhouette": ("silhouette", "−1 to 1, higher is better"),
    "davies_bouldin": ("Davies-Bouldin", "from 0, lower is better"),
    "calinski_harabasz": ("Calinski-Harabasz", "from 0, higher is better"),
}


def write_report(
    clustering: Clustering,
    out: Path,
    *,
    projections: Sequence[str] = ("pca",),
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the page of a clustering in one step.

    Args:
        clustering: What was clustered, and how well.
        out: The HTML file; replaced where it is there.
        projections: Names in ``learn.projections.PROJECTIONS``, for the map; the first is shown.
        progress: Called with the steps done and all steps.

    Raises:
        BadInputError: The file cannot be written, or a projection is unknown or impossible.
        MissingExtraError: plotly, or what a projection needs, is not installed.
    """
    scripts = [plotly_script(), our_script("cluster.js")]
    folder, name = need_version(clustering.settings["version"])
    version = open_version(folder, name)
    drawn = draw_map(clustering, version.images, projections, progress=progress)
    curve = clustering.curve
    html = render(
        "cluster.html",
        scripts=scripts,
        version=__version__,
        title=folder.resolve().name,
        clustering=clustering,
        settings=clustering.settings,
        samples=len(clustering.ids),
        finding=judge_clusters(clustering),
        map=drawn,
        map_data=embed_json(drawn.data | {"curve": None if curve is None else _curve(curve)}),
        curve=curve,
        curve_rows=[] if curve is None else _curve_rows(curve),
        shelves=fill_shelves(clustering, version.images),
        scores=_score_rows(clustering.scores),
        shape=_shape(clustering.shape),
        tables={name: read_cells(table) for name, table in clustering.contingency.items()},
        names=group_names(clustering.table.samples),
    )
    write_page(html, out)


def _curve(curve: KCurve) -> dict[str, Any]:
    """The curve as JSON: a number that is not defined is null."""
    lines = ("inertia", "silhouette", "gap", "gap_error")
    return {
        "k": curve.k,
        "ks": curve.ks.tolist(),
        **{name: [_defined(x) for x in getattr(curve, name).tolist()] for name in lines},
    }


def _curve_rows(curve: KCurve) -> list[tuple[int, str, str, str]]:
    columns = (curve.ks, curve.inertia, curve.silhouette, curve.gap, curve.gap_error)
    return [
        (int(k), f"{inertia:,.4g}", _figure(_defined(silhouette)), f"{gap:.3f} ± {error:.3f}")
        for k, inertia, silhouette, gap, error in zip(*columns, strict=True)
    ]


def _score_rows(scores: dict[str, dict[str, Score]]) -> list[tuple[str, list[Any]]]:
    """A row per measure: for each target the value, its interval and what chance gives."""
    return [
        (words, [_score(of[name]) for of in scores.values()]) for name, words in _MEASURES.items()
    ]


def _score(score: Score) -> dict[str, str]:
    low, high = interval_of(score)
    return {
        "value": _figure(score.value),
        "interval": f"{_figure(low)} to {_figure(high)}",
        "chance": _figure(score.chance),
    }


def _shape(shape: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(words, _figure(shape[name]), note) for name, (words, note) in _SHAPE.items()]


def _defined(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _figure(value: float | None) -> str:
    """A score as people read it: with a true minus sign, and none before a zero."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else "0.000"
