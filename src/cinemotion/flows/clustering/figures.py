"""Figures for print, drawn with Matplotlib: scatters, curves, contingency.

    figure = draw_scatter(project(vectors, "pca"), categorise(labels), title="by emotion")
    save_figure(figure, Path("pca.svg"))          # or .png
    draw_curve(clustering.curve)
    draw_contingency(clustering.contingency["film"], "film")

The page of ``cluster_page.py`` shows the same interactively. A new figure is a function here that
returns a ``matplotlib.figure.Figure``; nothing goes through pyplot, which keeps figures alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cinemotion.core.drawing import INK, calm, new_figure
from cinemotion.flows.clustering.categories import Categories
from cinemotion.flows.clustering.cells import read_cells
from cinemotion.learn.projections import Projection

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from cinemotion.learn.choosing import KCurve

_LINE = "#0072b2"
_CHOSEN = "#d55e00"
_MARKS = {"circle": "o", "diamond": "D"}
_DARK = 0.6  # shares from which on a cell of the heat map is dark


def draw_scatter(projection: Projection, categories: Categories, *, title: str) -> Figure:
    """Points of a projection in two or three dimensions, coloured by category.

    Args:
        projection: Where the samples lie.
        categories: What they are coloured by, row by row.
        title: What the figure shows.
    """
    solid = projection.points.shape[1] == 3
    figure = new_figure((7.2, 5.2))
    axes: Any = figure.add_subplot(projection="3d" if solid else None)
    size = float(np.clip(9000 / len(projection.points), 3, 36))  # square points
    sizes = np.bincount(categories.codes, minlength=len(categories.names))
    for code in np.argsort(-sizes, kind="stable"):  # the largest lies below and hides no other
        points = projection.points[categories.codes == code]
        axes.scatter(
            *points.T,
            s=size,
            c=categories.colours[code],
            marker=_MARKS[categories.shapes[code]],
            linewidths=0,
            alpha=0.75,
            label=f"{categories.names[code]} ({len(points):,})",
        )
    for letter, name in zip("xyz", projection.axes, strict=False):
        getattr(axes, f"set_{letter}label")(name)
    axes.set_title(title, loc="left")
    if not solid:
        calm(axes)
    figure.legend(loc="outside right upper", frameon=False, fontsize="small", markerscale=1.6)
    return figure


def draw_curve(curve: KCurve) -> Figure:
    """How the elbow, the silhouette and the gap change with the number of clusters."""
    figure = new_figure((9.6, 3.2))
    elbow, silhouette, gap = figure.subplots(1, 3)
    elbow.plot(curve.ks, curve.inertia, "o-", color=_LINE, markersize=4)
    silhouette.plot(curve.ks, curve.silhouette, "o-", color=_LINE, markersize=4)
    gap.errorbar(
        curve.ks, curve.gap, curve.gap_error, fmt="o-", color=_LINE, markersize=4, capsize=2
    )
    titles = ("sum of squared distances (elbow)", "silhouette", "gap statistic")
    for axes, title in zip((elbow, silhouette, gap), titles, strict=True):
        axes.axvline(curve.k, color=_CHOSEN, linewidth=1, linestyle="--")
        axes.set_title(title, loc="left", fontsize="medium")
        axes.set_xlabel(f"clusters (chosen: {curve.k})")
        axes.xaxis.get_major_locator().set_params(integer=True)
        calm(axes)
    return figure


def draw_contingency(table: pl.DataFrame, target: str) -> Figure:
    """How each cluster (columns) is made up of labels or groups (rows), as a heat map.

    Args:
        table: As :func:`cinemotion.learn.clusterscores.contingency` gives it.
        target: What the rows are, for instance ``film``.
    """
    cells = read_cells(table)
    height, width = cells.counts.shape
    figure = new_figure((2.6 + 0.55 * width, 1.4 + 0.34 * height))
    axes = figure.add_subplot()
    drawn = axes.imshow(cells.shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(cells.counts):
        colour = "white" if cells.shares[row, column] > _DARK else INK
        axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(width), cells.clusters)
    axes.set_yticks(range(height), cells.names)
    axes.set_xlabel("cluster")
    axes.set_title(f"clusters and {target}", loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(drawn, ax=axes, label="share of the cluster", format=_percent)
    return figure


def _percent(share: float, _: int) -> str:
    return f"{100 * share:.0f} %"
