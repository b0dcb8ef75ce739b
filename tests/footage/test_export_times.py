"""All exports tell the same instants, where rates vary, starts are late and edit lists cut."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.settings import load_analyze_recipe

pytestmark = pytest.mark.footage
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def exporttimes() -> ModuleType:
    """The benchmark of this name, whose readers are those of other programs."""
    pytest.importorskip("otio_cmx3600_adapter")
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import exporttimes
    finally:
        sys.path.remove(str(BENCHMARKS))
    return exporttimes


@pytest.mark.parametrize(
    "name",
    [
        "footage/thriller-vfr.mp4",
        "footage/face-then-none-vfr-hevc.mov",
        "odd/delayed-start.mp4",
        "odd/edit-list.mov",
    ],
)
def test_all_exports_tell_the_same_instants(
    exporttimes: ModuleType, shared: Path, tmp_path: Path, name: str
) -> None:
    recipe = load_analyze_recipe(None, {"build.sampling.every": 0.5, "people.embedder": "none"})
    [analysis] = analyze(shared / name, tmp_path / "r", recipe=recipe, workers=0)
    rows = exporttimes.compare(analysis, tmp_path / "r")
    assert len(rows) == len(exporttimes.READERS)
    for row in rows:
        assert row.instants or not analysis.people, row
        assert row.pictures <= 1, row
        # What knows no frames is as exact as its format's digits.
        if row.export not in ("film.otio", "film.edl"):
            assert row.milliseconds <= 0.501, row
