"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from once import once

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: at the end no core has a long one while the others have none.

    A worker takes a file after the other, in this order (``--dist loadfile``).
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
    """The two short films of the embedded example; made once for all workers."""
    from cinemotion.flows.looking.demo import compose_demo_films

    # It leaves films alone that are there already, and names them.
    return compose_demo_films(once(tmp_path_factory, "demo", compose_demo_films))


@pytest.fixture(scope="session")
def demo_dataset(demo_films: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build makes of both films as it is by itself; to be copied by who changes it."""
    from cinemotion import build

    def make(folder: Path) -> None:
        report = build(demo_films, folder / "dataset", workers=2)
        assert [row["status"] for row in report.films] == ["done", "done"]

    return once(tmp_path_factory, "dataset", make) / "dataset"
