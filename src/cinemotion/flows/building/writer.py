"""Commits the outcomes of segments in batches: the mark of a segment last.

writer = SegmentWriter(store)
writer.add(outcome, stage="samples")      # commits now and then
writer.flush()                            # commits what is left
"""

from __future__ import annotations

import time
from typing import Any

import pyarrow as pa

from cinemotion.core.leftover import give_back
from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import SEGMENTS
from cinemotion.engine.executor import Outcome
from cinemotion.flows.building.jobs import SegmentJob, SegmentResult

# A kill loses at most this much; more often, and the commits would cost more than the work.
_SECONDS = 8.0
_BYTES = 64 * 1024 * 1024


class SegmentWriter:
    """Collects results and commits them; see the module's docstring."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables: dict[str, list[pa.Table]] = {"crops": [], "facts": [], "frames": []}
        self._marks: list[dict[str, Any]] = []
        self._bytes = 0
        self._since = time.monotonic()

    def add(self, outcome: Outcome, stage: str) -> None:
        """Take the outcome of a :class:`SegmentJob`; commit when enough has come together."""
        job: SegmentJob = outcome.item
        result: SegmentResult | None = outcome.value
        mark = {"film": job.film_id, "recipe": job.recipe_id, "segment": job.index, "stage": stage}
        if result is None:
            mark |= {"frames": 0, "errors": 0, "failed": outcome.error, "signals": b""}
        else:
            for name, rows in self._tables.items():
                rows.append(getattr(result, name))
            self._bytes += result.crops.nbytes
            mark |= {
                "frames": result.n_frames,
                "end_pts": result.end_pts,
                "errors": result.errors,
                "first_error": result.first_error,
                "signals": result.signals,
            }
        self._marks.append(mark)
        if time.monotonic() - self._since > _SECONDS or self._bytes > _BYTES:
            self.flush()

    def flush(self) -> None:
        """Commit what has come together; the marks last, as they vouch for the rest."""
        if self._marks:
            for name, rows in self._tables.items():
                if rows:
                    self._store.append(name, pa.concat_tables(rows))
                rows.clear()
            self._store.append("segments", pa.Table.from_pylist(self._marks, SEGMENTS))
            self._marks.clear()
            give_back()
        self._bytes, self._since = 0, time.monotonic()
