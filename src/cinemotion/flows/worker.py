"""What a worker process loads before its first job; see :mod:`cinemotion.flows.executors`.

A worker is ours alone, so it may do what a user's process may not: go without pandas, which
pyarrow otherwise loads with the first array that it makes, 0.3 s wherever it is installed.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("pandas", None)  # type: ignore[arg-type] # Python's way to say: not here

import cinemotion.flows.segment  # noqa: E402, F401 - after pandas is out of the way
