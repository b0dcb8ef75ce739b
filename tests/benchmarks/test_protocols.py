"""The honest protocol keeps twins on one side."""

from __future__ import annotations

import importlib
from pathlib import Path

import polars as pl
import pytest


def test_twins_are_one_group_and_others_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    protocols = importlib.import_module("protocols")
    twins = pl.DataFrame({"id": ["b", "x"], "keeper": ["a", None]})
    assert protocols.twin_groups(["a", "b", "c", "x"], twins).tolist() == ["a", "a", "c", "x"]
