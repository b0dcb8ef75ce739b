"""The interactive map of a clustering's page: points, what colours them, and their crops.

    drawn = draw_map(clustering, images, ["pca", "tsne"])
    drawn.data          # JSON for templates/cluster.js
    drawn.notes         # what could not be drawn, and why, in words

At most some thousand points can be told apart, or carried with their crops in one file: where there
are more, a sample of them is drawn by chance. PCA and LDA are fitted to all samples and only shown
for these; t-SNE and UMAP see no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cinemotion.core.emotions import CONTEMPT, EMOTIONS
from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats, Image
from cinemotion.flows.clustering.categories import Categories, categorise
from cinemotion.flows.clustering.names import captions_of, film_names
from cinemotion.flows.looking.page import jpeg_uri, shrink
from cinemotion.learn.matrix import draw_rows
from cinemotion.learn.projections import SLOW, TITLES, Projection, project
from cinemotion.learn.showing import NOISE

if TYPE_CHECKING:
    from cinemotion.flows.clustering.cluster import Clustering

POINTS = 2000  # on the map
_SIDE = 64  # pixels of a crop's longer side
_BUDGET = 7_500_000  # bytes of all crops as text: half of what a page may have
_QUALITIES = (80, 60, 40, 20)  # of JPEG; the first that keeps to the budget
_BATCH = 64  # pictures that are read together
_DIGITS = 4  # of a coordinate

Images = Callable[[Sequence[str]], list[Image]]


@dataclass(frozen=True, slots=True)
class PointMap:
    """What the page draws.

    Attributes:
        data: ``methods``, ``points``, ``colourings``, ``captions`` and ``crops``, as JSON values.
        shown: How many samples are on the map.
        methods: The names of the projections.
        notes: Sentences on what is not drawn.
    """

    data: dict[str, Any]
    shown: int
    methods: list[str]
    notes: list[str]


def draw_map(
    clustering: Clustering,
    images: Images,
    methods: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> PointMap:
    """Project a clustering's samples, and gather what is known about each point.

    Args:
        clustering: What was clustered.
        images: Gives the pictures of samples by their ids.
        methods: Names in ``PROJECTIONS``.
        progress: Called with the steps done and all steps.

    Raises:
        BadInputError: A projection is unknown or impossible.
        MissingExtraError: A package that it needs is not installed.
    """
    rows = draw_rows(len(clustering.ids), POINTS, int(clustering.settings["seed"]))
    steps = len(methods) + 1
    points, notes = {}, []
    for done, method in enumerate(methods):
        if progress is not None:
            progress(done, steps)
        points[method], said = _project(clustering, rows, method)
        notes += said
    samples = clustering.table.samples[rows]
    colourings = colourings_of(samples, clustering.clusters[rows])
    crops = _crops(images, samples["id"].to_list())
    if progress is not None:
        progress(steps, steps)
    data = {
        "methods": [{"name": method, "title": TITLES[method]} for method in points],
        "points": points,
        "colourings": {name: _colouring(found) for name, found in colourings.items()},
        "captions": captions_of(samples),
        "crops": crops,
    }
    return PointMap(data, len(rows), [TITLES[method] for method in points], notes)


def colourings_of(samples: pl.DataFrame, clusters: NDArray[np.int64]) -> dict[str, Categories]:
    """What points can be coloured by: cluster, emotion, film and split, as far as known.

    Args:
        samples: Rows as :meth:`Version.samples` gives them.
        clusters: int64 ``(n,)``, row by row.
    """
    numbered = [None if number == NOISE else f"{number}" for number in clusters.tolist()]
    order = [str(number) for number in np.unique(clusters)]
    pinned = (*EMOTIONS, CONTEMPT)
    found = {"cluster": categorise(numbered, order=order, nothing="noise")}
    if samples["label"].count():
        values = samples["label"].to_list()
        found["emotion"] = categorise(values, order=pinned, nothing="no label")
    films = samples.select(film_names())["film"]
    if films.count():
        found["film"] = categorise(films.to_list(), nothing="no film")
    if samples["split"].count():
        values = samples["split"].to_list()
        found["split"] = categorise(values, order=("train", "val", "test"), nothing="no split")
    return found


def project_rows(
    clustering: Clustering, rows: NDArray[np.int64], method: str, dimensions: Literal[2, 3]
) -> Projection:
    """Some samples of a clustering in two or three dimensions.

    Quick methods look at all samples, slow ones at those that are shown alone.

    Raises:
        BadInputError: The projection is unknown, or impossible with these samples.
        MissingExtraError: A package that it needs is not installed.
    """
    vectors: Floats = clustering.scaled
    labels = clustering.table.samples["label"].to_list()
    seed = int(clustering.settings["seed"])
    if method in SLOW:
        vectors, labels = vectors[rows], [labels[row] for row in rows]
        return project(vectors, method, dimensions, labels, seed)
    found = project(vectors, method, dimensions, labels, seed)
    return replace(found, points=found.points[rows])


def _project(
    clustering: Clustering, rows: NDArray[np.int64], method: str
) -> tuple[dict[str, Any], list[str]]:
    """The points of a projection in two and, where that is possible, in three dimensions."""
    drawn, notes = {"2": _coordinates(project_rows(clustering, rows, method, 2))}, []
    try:
        drawn["3"] = _coordinates(project_rows(clustering, rows, method, 3))
    except BadInputError as error:
        notes.append(f"{TITLES[method]} has no third dimension here: {error}.")
    return drawn, notes


def _coordinates(projection: Projection) -> dict[str, Any]:
    axes = [[float(f"{x:.{_DIGITS}g}") for x in column.tolist()] for column in projection.points.T]
    return {"axes": axes, "names": projection.axes}


def _colouring(found: Categories) -> dict[str, Any]:
    return {
        "names": found.names,
        "codes": found.codes.tolist(),
        "colours": found.colours,
        "shapes": found.shapes,
    }


def _crops(images: Images, ids: Sequence[str]) -> list[str]:
    """The crops as data URIs, small enough for all of them to fit."""
    small: list[Image] = []
    for at in range(0, len(ids), _BATCH):  # imported pictures may be large
        small += [shrink(image, _SIDE) for image in images(ids[at : at + _BATCH])]
    uris: list[str] = []
    for quality in _QUALITIES:
        uris = [jpeg_uri(image, _SIDE, quality) for image in small]
        if sum(map(len, uris)) <= _BUDGET:
            break
    return uris
