"""A clustering's figures for print, all of them, as files in a folder.

write_figures(clustering, Path("figures"), projections=["pca"], kind="svg")
# pca-2d-cluster.svg, pca-3d-emotion.svg, number-of-clusters.svg, emotion-by-cluster.svg …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cinemotion.core.drawing import save_figure
from cinemotion.core.errors import BadInputError
from cinemotion.flows.clustering.figures import (
    draw_contingency,
    draw_curve,
    draw_scatter,
)
from cinemotion.flows.clustering.pointmap import POINTS, colourings_of, project_rows
from cinemotion.learn.matrix import draw_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cinemotion.flows.clustering.cluster import Clustering


def write_figures(
    clustering: Clustering,
    folder: Path,
    *,
    projections: Sequence[str] = ("pca",),
    kind: str = "png",
) -> list[Path]:
    """Draw scatters, the curve and the contingency tables; files of an earlier run are replaced.

    Args:
        clustering: What was clustered.
        folder: Where to; made where it does not exist.
        projections: Names in ``learn.projections.PROJECTIONS``, each in 2-D and 3-D.
        kind: ``png`` or ``svg``.

    Returns:
        The files.

    Raises:
        BadInputError: A projection is unknown or impossible, or a file cannot be written.
        MissingExtraError: A package that a projection needs is not installed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"cannot make {folder}: {error.strerror or error}") from error
    written = []
    for name, figure in _figures(clustering, projections):
        written.append(folder / f"{name}.{kind}")
        save_figure(figure, written[-1])
    return written


def _figures(clustering: Clustering, projections: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    rows = draw_rows(len(clustering.ids), POINTS, int(clustering.settings["seed"]))
    colourings = colourings_of(clustering.table.samples[rows], clustering.clusters[rows])
    for method in projections:
        drawn = [project_rows(clustering, rows, method, 2)]
        with suppress(BadInputError):  # two classes have one discriminant: no third dimension
            drawn.append(project_rows(clustering, rows, method, 3))
        for dimensions, projection in enumerate(drawn, start=2):
            for target, categories in colourings.items():
                title = f"{len(rows):,} samples by {target}"
                figure = draw_scatter(projection, categories, title=title)
                yield f"{method}-{dimensions}d-{target}", figure
    if clustering.curve is not None:
        yield "number-of-clusters", draw_curve(clustering.curve)
    for target, table in clustering.contingency.items():
        yield f"{target}-by-cluster", draw_contingency(table, target)
