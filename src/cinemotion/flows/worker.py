"""What a worker process loads before its first job; see :mod:`cinemotion.flows.executors`."""

from __future__ import annotations

from cinemotion.core.lean import go_lean

go_lean()

import cinemotion.flows.segment  # noqa: E402, F401 - once pandas is out of the way
