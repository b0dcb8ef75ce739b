"""What is dear to make is made once for all workers of a run.

folder = once(tmp_path_factory, "demo", compose_demo_films)    # read only
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that all workers of a run share; who uses it must not write to it.

    Tests run in several processes: the first that needs it makes it, while the others wait.

    Args:
        factory: pytest's own.
        name: Of the folder.
        make: Fills it; it is empty by then.
    """
    base = factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # as xdist has them
    folder, ready = shared / f"once-{name}", shared / f"once-{name}.ready"
    with FileLock(shared / f"once-{name}.lock"):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of one that failed
            folder.mkdir()
            make(folder)
            ready.touch()
    return folder
