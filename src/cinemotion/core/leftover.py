"""Gives memory that nobody uses any more back to the system.

give_back()        # now and then, in a process that lives long and has time

What was freed is kept, in pieces that the next allocation does not quite fit into: over a long film
a process creeps upwards. Finding the memory again takes a while (3 µs for each 4 kB), so that
workers, which need it at once, keep theirs.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Return free memory to the system, where the C library can."""
    if "pyarrow" in sys.modules:  # which has a store of free memory of its own
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Glibc's ``malloc_trim``; ``None`` elsewhere."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
