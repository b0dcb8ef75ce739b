from __future__ import annotations

import sys

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.core.types import Floats
from cinemotion.learn.projections import PROJECTIONS, project

LABELS = [("angry", "happy", "sad", "neutral", None)[i % 5] for i in range(100)]


@pytest.fixture(scope="module")
def vectors() -> Floats:
    """Four heaps in 60 dimensions, one per label; what has no label lies in between."""
    random = np.random.default_rng(0)
    centres = np.vstack([random.normal(0, 6, (4, 60)), np.zeros((1, 60))])
    rows = centres[np.arange(100) % 5] + random.normal(0, 1, (100, 60))
    return rows.astype(np.float32)


@pytest.mark.parametrize("method", PROJECTIONS)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_every_projection_is_small_finite_and_seeded(
    vectors: Floats, method: str, dimensions: int
) -> None:
    before = vectors.copy()
    first, again = (project(vectors, method, dimensions, LABELS, seed=3) for _ in range(2))
    assert first.points.shape == (100, dimensions) and first.points.dtype == np.float32
    assert np.isfinite(first.points).all()
    assert len(first.axes) == dimensions
    np.testing.assert_array_equal(first.points, again.points)
    np.testing.assert_array_equal(vectors, before)


@pytest.mark.parametrize("method", PROJECTIONS)
def test_heaps_stay_heaps(vectors: Floats, method: str) -> None:
    points = project(vectors, method, 2, LABELS).points
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert np.mean(nearest % 5 == np.arange(100) % 5) > 0.95


def test_principal_components_are_those_of_the_singular_values(vectors: Floats) -> None:
    found = project(vectors, "pca", 3)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :3] * spread[:3]
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=1e-3)
    assert found.explained is not None
    np.testing.assert_allclose(found.explained, spread[:3] ** 2 / (spread**2).sum(), rtol=1e-4)
    assert found.axes[0] == f"component 1 ({100 * found.explained[0]:.1f} %)"


def test_discriminants_part_what_they_are_told_and_place_the_others(vectors: Floats) -> None:
    labels = [label if i < 50 else None for i, label in enumerate(LABELS)]
    points = project(vectors, "lda", 2, [*labels[:-1], "seen once"]).points
    centres = np.stack([points[code:50:5].mean(axis=0) for code in range(4)])
    for code in range(4):  # those without a label, by the heap they were drawn from
        away = np.linalg.norm(points[50 + code :: 5][:, None] - centres[None], axis=2)
        assert (away.argmin(axis=1) == code).all()


@pytest.mark.parametrize(
    ("labels", "dimensions"), [(None, 2), (["a", "b"] * 50, 2), (["a", "b", "c", "a"] * 25, 3)]
)
def test_too_few_classes_for_discriminants(
    vectors: Floats, labels: list[str] | None, dimensions: int
) -> None:
    with pytest.raises(BadInputError, match=f"needs {dimensions + 1} classes"):
        project(vectors, "lda", dimensions, labels)


def test_what_cannot_be_projected(vectors: Floats) -> None:
    broken = vectors.copy()
    broken[3, 4] = np.nan
    bad = {
        "NaN": (broken, "pca", 2),
        "cannot be projected": (vectors[:2], "pca", 2),
        "2 numbers": (vectors[:, :2], "pca", 3),
        "the same": (np.ones((9, 4), np.float32), "tsne", 2),
        "2 or 3 dimensions": (vectors, "pca", 4),
        "unknown projection 'mds'": (vectors, "mds", 2),
    }
    for words, (given, method, dimensions) in bad.items():
        with pytest.raises(BadInputError, match=words):
            project(given, method, dimensions)
    with pytest.raises(BadInputError, match="3 labels"):
        project(vectors, "lda", 2, ["a", "b", "c"])


def test_few_vectors_have_neighbours_too() -> None:
    few = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    for method in ("tsne", "umap"):
        assert project(few, method).points.shape == (6, 2)


def test_an_absent_package_is_named(vectors: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtraError, match=r"cinemotion\[umap\]"):
        project(vectors, "umap")
