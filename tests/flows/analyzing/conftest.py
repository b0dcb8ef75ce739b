"""An analysis of the demo's first film, made once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.analyze import analyze


@pytest.fixture(scope="session")
def film(demo_films: list[Path]) -> Path:
    return demo_films[0]


@pytest.fixture(scope="session")
def analysed(film: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Analysis]:
    """The report's folder, and what is in it."""
    out = tmp_path_factory.mktemp("analysis") / "report"
    [analysis] = analyze(film, out, workers=0)
    return out, analysis


@pytest.fixture(scope="session")
def report(analysed: tuple[Path, Analysis]) -> Path:
    return analysed[0]
