"""Ten thousand shots: nothing is lost, and the page stays a page. Speed is in benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from synthetic import synthesise

from cinemotion.film.scenes import VIEWS, Shots, cut_scenes, separations
from cinemotion.flows.analyzing.settings import Scenes
from cinemotion.flows.analyzing.write import write_analysis
from pages import check_page

SHOTS = 10_000


def test_ten_thousand_shots_have_a_report(tmp_path: Path) -> None:
    analysis, cast = synthesise(
        tmp_path / "dataset", seconds=1500, shots=SHOTS, people=2, every=1.0
    )
    out = tmp_path / "report"
    write_analysis(analysis, cast, out)
    page = (out / "report.html").read_text(encoding="utf-8")
    check_page(page, scripts=2)
    assert len(page.encode()) < 15e6
    told = json.loads((out / "analysis.json").read_text(encoding="utf-8"))
    assert len(told["shots"]) == SHOTS
    assert told["scenes"][0]["shots"][0] == 0 and told["scenes"][-1]["shots"][1] == SHOTS - 1
    assert pl.read_parquet(out / "shots.parquet").height == SHOTS
    assert pl.read_parquet(out / "scenes.parquet")["shots"].sum() == SHOTS
    assert pl.read_parquet(out / "faces.parquet").height == analysis.seen.faces.height


def test_a_shot_is_compared_with_those_ahead_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    fmin = np.fmin

    def counted(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        compared.append(len(one))
        return fmin(one, other)

    monkeypatch.setattr("cinemotion.film.scenes.np.fmin", counted)
    rules = Scenes()
    start = np.arange(SHOTS) * 0.5
    views = np.random.default_rng(0).uniform(0, 100, (SHOTS, VIEWS, 4)).astype(np.float32)
    found = Shots(start, start + 0.5, views, [frozenset()] * SHOTS)
    scenes = cut_scenes(separations(found, rules), found.start, found.end, rules)
    assert scenes[-1][1] == SHOTS
    assert 0 < sum(compared) <= SHOTS * rules.ahead * VIEWS**2
