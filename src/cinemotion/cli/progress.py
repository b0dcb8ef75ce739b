"""The progress bar of a build."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class BuildProgress:
    """Shows films, film seconds, speed as × real time, faces found and time left.

    A :class:`~cinemotion.flows.building.watch.Watch` and a context manager.
    """

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("films {task.fields[films]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[at]}"),
            TextColumn("{task.fields[speed]}"),
            TextColumn("{task.fields[faces]} faces"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._films = 0
        self._done = 0
        self._faces = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, films: int, seconds: float) -> None:
        """See :meth:`cinemotion.flows.building.watch.Watch.begin`."""
        self._films = films
        self._progress.start()
        # Without a known length the bar pulses instead of lying.
        self._task = self._progress.add_task(
            "", total=seconds or None, films=f"0/{films}", at="", speed="", faces=0
        )

    def advance(self, seconds: float, faces: int) -> None:
        """See :meth:`cinemotion.flows.building.watch.Watch.advance`."""
        if self._task is None:
            return
        self._faces += faces
        task = self._progress.tasks[self._task]
        # A segment that is tried again reports twice.
        at = min(task.completed + seconds, task.total or math.inf)
        self._progress.update(
            self._task,
            completed=at,
            at=f"{at:.0f}/{task.total:.0f} s" if task.total else f"{at:.0f} s",
            speed=f"{at / task.elapsed:.1f} x real time" if task.elapsed else "",
            faces=self._faces,
        )

    def skip(self, seconds: float) -> None:
        """See :meth:`cinemotion.flows.building.watch.Watch.skip`."""
        if self._task is not None and (total := self._progress.tasks[self._task].total):
            self._progress.update(self._task, total=max(0.0, total - seconds))

    def end_film(self, row: dict[str, Any]) -> None:
        """See :meth:`cinemotion.flows.building.watch.Watch.end_film`."""
        if self._task is not None:
            self._done += 1
            self._progress.update(self._task, films=f"{self._done}/{self._films}")
            if self._done == self._films:
                self._progress.stop()  # another bar may follow
