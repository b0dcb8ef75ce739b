"""Many numbers per sample as two or three, to look at.

    flat = project(vectors, "pca")                                  # 2-D
    flat.points, flat.explained, flat.axes      # float32 (n, 2), shares of variance, names
    project(vectors, "tsne", dimensions=3, seed=1)
    project(vectors, "lda", labels=["happy", None, "sad"])

PCA keeps distances as far as a plane can; t-SNE and UMAP keep neighbours, and neither the size
of a heap of points nor the gap between two heaps means anything there; LDA is told the labels and
looks for the plane that parts them, so that parted classes are what it was asked for. A new
projection is a function of the same four arguments and a line in ``PROJECTIONS``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cinemotion.core.errors import BadInputError
from cinemotion.core.registry import Registry
from cinemotion.core.types import Floats
from cinemotion.learn.matrix import as_matrix
from cinemotion.learn.optional import needs

PROJECTIONS = Registry(
    "projection",
    {name: f"cinemotion.learn.projections:{name}" for name in ("pca", "tsne", "umap", "lda")},
)
TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "lda": "LDA"}
# These look at the neighbours of every point: so slow that a sample of the points is taken.
SLOW = ("tsne", "umap")

Labels = Sequence[str | None]

_FIRST = (
    50  # principal components before neighbours are looked for, as scikit-learn's t-SNE advises
)
_NEIGHBOURS = 15  # UMAP's default
_PERPLEXITY = 30.0  # t-SNE's default


@dataclass(frozen=True, slots=True)
class Projection:
    """Where each sample comes to lie.

    Attributes:
        points: float32 ``(n, 2)`` or ``(n, 3)``.
        explained: float32 ``(2,)`` or ``(3,)``, shares in [0, 1]: of the variance for PCA, of the
            variance between the classes for LDA; ``None`` where it is not defined.
        axes: The names of the axes, with those shares.
    """

    points: Floats
    explained: Floats | None
    axes: tuple[str, ...]


def project(
    vectors: Floats,
    method: str,
    dimensions: Literal[2, 3] = 2,
    labels: Labels | None = None,
    seed: int = 0,
) -> Projection:
    """Project vectors to two or three dimensions; the same seed gives the same points.

    Args:
        vectors: float32 ``(n, d)``, finite.
        method: A name in ``PROJECTIONS``.
        dimensions: How many.
        labels: A label per row, ``None`` where there is none; only LDA looks at them.
        seed: What chance follows from.

    Raises:
        BadInputError: The method is unknown, the vectors hold NaN, are too few or have too few
            columns, or the labels are too few classes for LDA.
        MissingExtraError: scikit-learn or umap-learn is not installed.
    """
    run = PROJECTIONS.load(method)
    labels = [None] * len(vectors) if labels is None else labels
    if len(labels) != len(vectors):
        raise BadInputError(f"{len(labels)} labels do not go with {len(vectors)} vectors")
    if dimensions not in (2, 3):
        raise BadInputError(f"a projection has 2 or 3 dimensions, got {dimensions}")
    vectors = as_matrix(vectors)
    n, d = vectors.shape
    if n <= dimensions or d < dimensions:
        raise BadInputError(
            f"{n} vectors of {d} numbers cannot be projected to {dimensions} dimensions; expected "
            f"more than {dimensions} vectors of {dimensions} numbers or more"
        )
    if not np.ptp(vectors, axis=0).any():
        raise BadInputError(f"all {n} vectors are the same; there is nothing to project")
    projection: Projection = run(vectors, dimensions, labels, seed)
    return projection


def pca(vectors: Floats, dimensions: int, labels: Labels, seed: int) -> Projection:
    """The directions of largest variance (Pearson 1901)."""
    points, shares = _components(vectors, dimensions, seed)
    return _explained(points, shares, "component")


def tsne(vectors: Floats, dimensions: int, labels: Labels, seed: int) -> Projection:
    """t-SNE (van der Maaten and Hinton 2008), begun from the principal components."""
    with needs("scikit-learn", "cluster"):
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    model = TSNE(dimensions, perplexity=perplexity, init="pca", random_state=seed)
    reduced = _reduced(vectors, _FIRST, seed)
    # Its threads wait for each other in a busy loop after every step: where other processes use
    # the cores too, two threads take up to sixty times as long as one.
    with threadpool_limits(1, "openmp"):
        return _unnamed(model.fit_transform(reduced), "t-SNE")


def umap(vectors: Floats, dimensions: int, labels: Labels, seed: int) -> Projection:
    """UMAP (McInnes, Healy and Melville 2018)."""
    with needs("umap-learn", "umap"):
        from umap import UMAP

    model = UMAP(
        n_components=dimensions,
        n_neighbors=min(_NEIGHBOURS, len(vectors) - 1),
        # Its spectral start fails where heaps have nothing in common; this one is as good for the
        # arrangement of heaps (Kobak and Linderman 2021).
        init="pca",
        random_state=seed,
        n_jobs=1,  # what a seed leaves it anyway
    )
    return _unnamed(model.fit_transform(_reduced(vectors, _FIRST, seed)), "UMAP")


def lda(vectors: Floats, dimensions: int, labels: Labels, seed: int) -> Projection:
    """Linear discriminants (Fisher 1936), the covariance shrunk after Ledoit and Wolf (2004).

    Shrinking keeps it from parting classes by chance where there are many numbers per sample.
    """
    counts = Counter(labels)
    # One sample of a class says nothing about how the class spreads.
    classes = {label for label, count in counts.items() if label is not None and count > 1}
    if len(classes) <= dimensions:
        raise BadInputError(
            f"LDA in {dimensions} dimensions needs {dimensions + 1} classes or more with two "
            f"samples each, got {len(classes)}; label more samples, or use pca"
        )
    known = [row for row, label in enumerate(labels) if label in classes]
    with needs("scikit-learn", "cluster"):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    reduced = _reduced(vectors, _FIRST, seed)
    model = LinearDiscriminantAnalysis("eigen", shrinkage="auto", n_components=dimensions)
    model.fit(reduced[known], [labels[row] for row in known])
    return _explained(model.transform(reduced), model.explained_variance_ratio_, "discriminant")


def _reduced(vectors: Floats, most: int, seed: int) -> Floats:
    """The first principal components, at most so many."""
    n, d = vectors.shape
    return vectors if d <= most else _components(vectors, min(most, n - 1), seed)[0]


def _components(vectors: Floats, most: int, seed: int) -> tuple[Floats, Floats]:
    """Principal components, float32 ``(n, most)``, and their shares of the variance."""
    with needs("scikit-learn", "cluster"):
        from sklearn.decomposition import PCA

    model = PCA(most, random_state=seed)
    points = model.fit_transform(vectors).astype(np.float32)
    return points, model.explained_variance_ratio_


def _explained(points: Any, shares: Any, noun: str) -> Projection:
    kept = np.asarray(shares, np.float32)[: points.shape[1]]
    axes = (f"{noun} {i} ({100 * share:.1f} %)" for i, share in enumerate(kept, 1))
    return Projection(np.asarray(points, np.float32), kept, tuple(axes))


def _unnamed(points: Any, noun: str) -> Projection:
    axes = tuple(f"{noun} {i}" for i in range(1, points.shape[1] + 1))
    return Projection(np.asarray(points, np.float32), None, axes)
