"""The tutorial's commands run, in their order, in an empty folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "run_tutorial.py"

pytest.importorskip("keras")
pytest.importorskip("plotly")


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("run_tutorial", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    printed = "\n".join(text for _, text in script.run(tmp_path))
    assert "votes added in the name of model:compact-v1" in printed
    assert "development samples" in printed
    for name in ("clusters.html", "model.html", "model/card.json"):
        assert (tmp_path / name).stat().st_size > 1000
