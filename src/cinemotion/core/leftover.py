"""Gives memory that nobody uses any more back to the system.

give_back()                         # now and then, in a process that lives long and has time
surplus = Surplus(); surplus()      # after each unit of work of one that has none

What was freed is kept, in pieces that the next allocation does not quite fit into: over a long film
a process creeps upwards. Finding the memory again takes a while (3 µs for each 4 kB), so that
workers, which need it at once, keep theirs, unless it has become much.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from pathlib import Path
from typing import Any


def give_back() -> None:
    """Return free memory to the system, where the C library can."""
    if "pyarrow" in sys.modules:  # which has a store of free memory of its own
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)


class Surplus:
    """Gives memory back where the process has grown since it did so last.

    Crops that are kept pin the room of a decoder's frames, which then takes new room for the next
    segment: now and then a worker holds twice of what it uses.

    Args:
        allowed: By how many bytes it may grow.
    """

    def __init__(self, allowed: int = 32 * 1024 * 1024) -> None:
        self._allowed = allowed
        self._level: int | None = None

    def __call__(self) -> None:
        """Look, and give back where it is time to."""
        used = resident()
        level = used if self._level is None else min(self._level, used)
        if used > level + self._allowed:
            give_back()
            level = resident()  # what is in use may be more than it was
        self._level = level


def resident() -> int:
    """Bytes of this process that lie in memory; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * mmap.PAGESIZE


@cache
def _trim() -> Any:
    """Glibc's ``malloc_trim``; ``None`` elsewhere."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
