from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image as Pillow

from cinemotion.core.drawing import save_figure
from cinemotion.core.errors import BadInputError
from cinemotion.flows.clustering.categories import categorise
from cinemotion.flows.clustering.figures import (
    draw_contingency,
    draw_curve,
    draw_scatter,
)
from cinemotion.learn.choosing import KCurve
from cinemotion.learn.projections import project

CURVE = KCurve(
    ks=np.arange(1, 5),
    silhouette=np.array([np.nan, 0.2, 0.5, 0.3]),
    gap=np.array([0.1, 0.3, 0.6, 0.5]),
    gap_error=np.full(4, 0.05),
    inertia=np.array([90.0, 50, 20, 18]),
    k=3,
    gap_k=None,
    samples=40,
)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_every_sample_is_a_point_of_its_category(dimensions: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    films = categorise(["Dawn", "Dusk", None, "Dawn"] * 10)
    projection = project(vectors, "pca", dimensions)  # type: ignore[arg-type]
    figure = draw_scatter(projection, films, title="by film")
    (axes,) = figure.axes
    drawn = {dots.get_label(): dots for dots in axes.collections}
    assert set(drawn) == {"Dawn (20)", "Dusk (10)", "none (10)"}
    if dimensions == 2:
        at = np.asarray(drawn["Dusk (10)"].get_offsets())
        np.testing.assert_allclose(at, projection.points[1::4])
    assert axes.get_xlabel() == projection.axes[0]


def test_the_chosen_number_is_marked_in_all_three_curves() -> None:
    figure = draw_curve(CURVE)
    assert len(figure.axes) == 3
    for axes in figure.axes:
        assert [3, 3] in [list(line.get_xdata()) for line in axes.lines]
        assert axes.get_xlabel() == "clusters (chosen: 3)"


def test_contingency_shows_counts() -> None:
    table = pl.DataFrame({"label": ["Dawn", "Dusk"], "0": [30, 1], "noise": [0, 1200]})
    figure = draw_contingency(table, "film")
    axes = figure.axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["0", "1", "1,200", "30"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["Dusk", "Dawn"]
    np.testing.assert_allclose(axes.images[0].get_array()[:, 0], [1 / 31, 30 / 31])


def test_figures_are_saved_in_one_step(tmp_path: Path) -> None:
    save_figure(draw_curve(CURVE), tmp_path / "curve.png")
    with Pillow.open(tmp_path / "curve.png") as picture:
        assert picture.width > 1000
    save_figure(draw_curve(CURVE), tmp_path / "curve.SVG")
    assert "<svg" in (tmp_path / "curve.SVG").read_text()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_figure_that_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"ends in \.png or \.svg"):
        save_figure(draw_curve(CURVE), tmp_path / "curve.pdf")
    with pytest.raises(BadInputError, match="cannot write"):
        save_figure(draw_curve(CURVE), tmp_path / "absent" / "curve.png")
