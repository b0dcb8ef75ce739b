"""Figures for print: they show what the arc says, and are the same bytes each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from PIL import Image as Pillow

from cinemotion.core.errors import BadInputError
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.colours import colour_of
from cinemotion.flows.analyzing.figures import (
    draw_arc_figure,
    draw_overview,
    remove_figures,
    write_figures,
)
from cinemotion.flows.analyzing.marks import expression_marks

Analysed = tuple[Path, Analysis]


def test_bytes_are_the_same_and_nobody_who_is_gone_stays(
    analysed: Analysed, tmp_path: Path
) -> None:
    _, analysis = analysed
    (tmp_path / "c99.svg").write_text("of an earlier cast")
    (tmp_path / "nora.png").write_text("of an earlier cast")
    (tmp_path / "c99.txt").write_text("somebody's notes")
    (tmp_path / "cover.png").write_text("somebody's picture")
    written = write_figures(analysis, tmp_path, ["nora"])
    first = {path.name: path.read_bytes() for path in written}
    names = {"overview", "film", *(person.id for person in analysis.people)}
    assert set(first) == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == {*first, "c99.txt", "cover.png"}
    assert {path.name: path.read_bytes() for path in write_figures(analysis, tmp_path)} == first
    assert all(b"<dc:date>" not in text for name, text in first.items() if name.endswith("svg"))
    with Pillow.open(tmp_path / "c01.png") as picture:
        assert picture.width > 1000
    remove_figures(tmp_path, [])
    assert {path.name for path in tmp_path.iterdir()} == {"c99.txt", "cover.png"}
    write_figures(analysis, tmp_path / "figures")
    remove_figures(tmp_path / "figures", [])
    assert not (tmp_path / "figures").exists()


def test_gaps_are_left_open_and_turns_are_marked(analysed: Analysed) -> None:
    _, analysis = analysed
    person = next(p for p in analysis.people if not p.arc.seen.all())
    above, below = draw_arc_figure(analysis, person).axes
    seconds = person.arc.seconds
    line = above.lines[0]
    np.testing.assert_array_equal(np.isfinite(line.get_ydata()), person.arc.seen)
    gaps = seconds[~person.arc.seen]
    areas = [c for c in below.collections if isinstance(c, PolyCollection)]
    assert areas
    for area in areas:
        for path in area.get_paths():
            left, right = path.vertices[:, 0].min(), path.vertices[:, 0].max()
            assert not ((gaps > left) & (gaps < right)).any()
    told = {turn.seconds for turn in person.turns}
    dashed = {float(line.get_xdata()[0]) for line in above.lines if line.get_linestyle() == "--"}
    assert dashed == told


def test_the_overview_has_a_bar_for_each_expression(analysed: Analysed) -> None:
    _, analysis = analysed
    _, below = draw_overview(analysis).axes
    assert [tick.get_text() for tick in below.get_yticklabels()] == [
        person.name for person in analysis.people
    ]
    drawn = []
    for bar in below.collections:
        box = bar.get_paths()[0].vertices
        drawn.append((box[:, 0].min(), box[:, 0].max(), to_hex(bar.get_facecolor()[0])))
    meant = [m for person in analysis.people for m in expression_marks(analysis, person)]
    for (start, end, colour), mark in zip(drawn, meant, strict=True):
        assert (start, end) == pytest.approx((float(mark.start), float(mark.end)))
        assert colour == colour_of(mark.text)


def test_a_film_without_anybody_has_figures_too(analysed: Analysed, tmp_path: Path) -> None:
    _, analysis = analysed
    written = write_figures(replace(analysis, people=[]), tmp_path)
    assert {path.stem for path in written} == {"overview", "film"}


def test_a_folder_that_cannot_be_made_is_one_line(analysed: Analysed, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="cannot make"):
        write_figures(analysed[1], tmp_path / "file" / "figures")
