"""How many clusters: the silhouette and the gap statistic over a range of k, and the curve.

    curve = choose_k(vectors, range(1, 13), seed=0)
    curve.k, curve.gap_k            # by the silhouette, by the gap statistic
    curve.ks, curve.silhouette      # int64 and float64 (m,), to draw

``k`` is where the mean silhouette (Rousseeuw 1987) is highest. ``gap_k`` is the smallest k whose
gap is not below the next one's less that one's error (Tibshirani, Walther and Hastie 2001, step 3
of section 3); it may be 1, "no clusters", which the silhouette cannot say. Both look at K-Means on
the first 128 principal components of a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Floats
from cinemotion.learn.matrix import as_matrix, draw_rows
from cinemotion.learn.steady import steady

Reals = NDArray[np.float64]

_STARTS = 2
_TOLERANCE = 1e-3  # of the variance: centres that move less than this change no curve
_COMPONENTS = 128  # that are looked at: with a thousand, each K-Means takes ten times as long
_TINY = 1e-12  # of the spread at k = 1: the logarithm of none at all is not defined


@dataclass(frozen=True, slots=True)
class KCurve:
    """What each k gives, and the k to take.

    Attributes:
        ks: int64 ``(m,)``, ascending.
        silhouette: float64 ``(m,)``, mean over the samples, in [-1, 1]; NaN for k = 1.
        gap: float64 ``(m,)``: how much smaller the logarithm of the spread within clusters is
            than that of evenly scattered samples.
        gap_error: float64 ``(m,)``, its standard error, that of the simulation included.
        inertia: float64 ``(m,)``: the spread, the sum of squared distances to the centres.
        k: Where the silhouette is highest.
        gap_k: Where the gap says so, ``None`` where it rises to the end.
        samples: How many samples were looked at, by chance where there are more.
    """

    ks: NDArray[np.int64]
    silhouette: Reals
    gap: Reals
    gap_error: Reals
    inertia: Reals
    k: int
    gap_k: int | None
    samples: int

    def as_json(self) -> dict[str, Any]:
        """The same as JSON; the silhouette of one cluster is null."""
        silhouette = [None if np.isnan(value) else value for value in self.silhouette.tolist()]
        return {
            "ks": self.ks.tolist(),
            "silhouette": silhouette,
            "gap": self.gap.tolist(),
            "gap_error": self.gap_error.tolist(),
            "inertia": self.inertia.tolist(),
            "k": self.k,
            "gap_k": self.gap_k,
            "samples": self.samples,
        }


def choose_k(
    vectors: NDArray[Any],
    ks: Iterable[int],
    seed: int = 0,
    *,
    sample: int = 1000,
    references: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> KCurve:
    """Try numbers of clusters with K-Means.

    Args:
        vectors: Finite numbers, ``(n, d)``.
        ks: Which numbers, each at least 1 and below the number of different samples looked at;
            others are left out.
        seed: Of the sample, of K-Means and of the scattered references.
        sample: Look at so many samples at most.
        references: Sets of evenly scattered samples for the gap.
        progress: Told how many numbers of how many are tried.

    Raises:
        BadInputError: NaN, or no k of 2 or more can be tried.
        MissingExtraError: scikit-learn is not installed.
    """
    matrix = as_matrix(vectors)
    some = matrix[draw_rows(len(matrix), sample, seed)]
    different = len(np.unique(some, axis=0))
    tried = np.array(sorted({k for k in ks if 1 <= k < different}), np.int64)
    if not len(tried) or tried[-1] < 2:
        raise BadInputError(
            f"no number of clusters can be chosen for {different} different samples; 3 or more "
            "are needed, or give --k"
        )
    points = _turn(some)
    boxes = _scatter(points, references, seed)
    rows = []
    for done, k in enumerate(tried.tolist(), 1):
        rows.append(_try(points, boxes, k, seed))
        if progress is not None:
            progress(done, len(tried))
    silhouette, gap, error, inertia = np.array(rows).T
    return KCurve(
        *(tried, silhouette, gap, error, inertia),
        k=int(tried[np.nanargmax(silhouette)]),
        gap_k=_first(tried, gap, error),
        samples=len(some),
    )


def _turn(vectors: Floats) -> Floats:
    """The same points in the axes of their first principal components: float32 ``(n, 128)``.

    The references are scattered in a box along these axes (choice b of Tibshirani et al.).
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray((left * spread)[:, :_COMPONENTS], np.float32)


def _scatter(points: Floats, references: int, seed: int) -> list[Floats]:
    """Sets of as many points, evenly scattered over the box that the points fill."""
    random = np.random.default_rng(seed)
    low, high = points.min(axis=0), points.max(axis=0)
    shape = points.shape
    return [low + (high - low) * random.random(shape, np.float32) for _ in range(references)]


def _try(points: Floats, boxes: list[Floats], k: int, seed: int) -> tuple[float, ...]:
    """Silhouette, gap, its error and the spread at one k."""
    with steady():
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score

        model = KMeans(k, n_init=_STARTS, tol=_TOLERANCE, random_state=seed)
        floor = _TINY * float(np.square(points, dtype=np.float64).sum())
        spreads = np.array([max(model.fit(box).inertia_, floor) for box in boxes])
        found = model.fit(points)
        inertia = float(found.inertia_)
        # Equal samples may leave a cluster empty; one alone has no silhouette.
        several = len(np.unique(found.labels_)) > 1
        silhouette = silhouette_score(points, found.labels_) if several else np.nan
    logs = np.log(spreads)
    error = float(logs.std() * np.sqrt(1 + 1 / len(logs)))
    return float(silhouette), float(logs.mean() - np.log(max(inertia, floor))), error, inertia


def _first(ks: NDArray[np.int64], gap: Reals, error: Reals) -> int | None:
    enough = gap[:-1] >= gap[1:] - error[1:]
    return int(ks[np.argmax(enough)]) if enough.any() else None
