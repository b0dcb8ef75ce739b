"""Memory that is free is given back where a process has grown."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from cinemotion.core import leftover
from cinemotion.core.leftover import Surplus, resident

MB = 1024 * 1024


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the process is said to hold, look by look; what is given back is noted as -1."""
    told: list[int] = []
    monkeypatch.setattr(leftover, "resident", lambda: told.pop(0))
    return told


def test_it_gives_back_only_what_has_grown(
    levels: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(leftover, "give_back", lambda: given.append(len(levels)))
    surplus = Surplus(allowed=10 * MB)
    for held in (100, 108, 95, 104):  # never 10 MB above the least
        levels.append(held * MB)
        surplus()
    assert given == []
    levels += [106 * MB, 101 * MB]  # 95 was the least; giving back leaves 101
    surplus()
    assert len(given) == 1 and not levels
    levels.append(110 * MB)  # not 10 above 101
    surplus()
    assert len(given) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the heap of glibc")
def test_memory_between_what_is_kept_goes_back() -> None:
    """Every second block of a heap is freed: its pages are free, but not at the end."""
    script = """
        from cinemotion.core.leftover import Surplus, resident
        surplus = Surplus(allowed=16 * 1024 * 1024)
        surplus()
        blocks = [bytearray(b"x" * 100_000) for _ in range(1000)]
        full = resident()
        del blocks[::2]
        surplus()
        print(full - resident())
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert int(found.stdout) > 40 * MB


def test_it_knows_what_it_holds() -> None:
    assert sys.platform != "linux" or resident() > 5 * MB
