"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared clips, odd files and weights; skips where it is absent."""
    folder = Path(os.environ.get("CINEMOTION_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set CINEMOTION_SHARED)")
    return folder


@pytest.fixture(scope="session")
def footage(shared: Path) -> Path:
    """The folder of real clips."""
    return shared / "footage"


@pytest.fixture(scope="session")
def demo_films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two short films of the embedded example."""
    from cinemotion.flows.looking.demo import compose_demo_films

    return compose_demo_films(tmp_path_factory.mktemp("demo"))
