"""What a worker process loads before its first job; see ``flows/building/executors.py``."""

from __future__ import annotations

from cinemotion.core.lean import go_lean

go_lean()

import cinemotion.flows.building.segment  # noqa: E402, F401 - once pandas is out of the way
