"""Keeps a process that is ours alone from loading what it does not use.

go_lean()      # first of all, in the command line and in worker processes; never in a library call
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


def go_lean() -> None:
    """Do without pandas: pyarrow loads it with the first array it makes, wherever it is installed.

    That takes 0.4 s, and none of our commands uses it.
    """
    if not any(isinstance(finder, _Absent) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Absent())


class _Absent:
    """Answers every import of pandas as if it were not installed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("cinemotion's own processes do without pandas", name=name)
        return None
