"""The page of filters is the one that its script writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("draw_filters", ROOT / "scripts/draw_filters.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (ROOT / "docs/filters.md").read_text(encoding="utf-8") == script.page()
    drawn = {path.stem for path in (ROOT / "docs/filters").glob("*.png")}
    assert drawn == set(script.FILTERS)
