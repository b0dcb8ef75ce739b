"""What it means to run units of work, and the simplest way to do it.

    with InlineExecutor() as executor:
        for outcome in executor.run("cinemotion.flows.building.segment:run_segment", jobs):
            if outcome.error: ...
            else: use(outcome.value)

A unit of work is a picklable item for a task named ``"module:function"``. The function is
called as ``function(item, report)``; it calls ``report(amount)`` now and then, both as
progress for the user and as a sign of life. Outcomes come back in the order of the items.
A new way to run (Ray, say) implements :class:`Executor`; nothing else needs to know.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from cinemotion.core.errors import CinemotionError

Report = Callable[[float], None]
Progress = Callable[[Any, float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A unit of work and its value *or* its error: all that crosses a process border.

    Attributes:
        item: The unit of work, as it was handed in.
        value: What the task returned; ``None`` where it failed.
        error: One line that says what happened; ``None`` where it worked.
        fate: ``done``; ``failed`` (the task raised); ``killed`` (its process died);
            ``stalled`` (no sign of life for too long).
        attempts: How many times it was tried.
    """

    item: Any
    value: Any = None
    error: str | None = None
    fate: Literal["done", "failed", "killed", "stalled"] = "done"
    attempts: int = 1


class Executor(Protocol):
    """Runs a task over items and yields an :class:`Outcome` per item, in order."""

    def run(
        self, task: str, items: Iterable[Any], progress: Progress | None = None
    ) -> Iterator[Outcome]:
        """Run ``task`` (``"module:function"``) over ``items``, read lazily.

        Args:
            task: Where the function lives.
            items: Picklable units of work.
            progress: Called as ``progress(item, amount)`` with what the task reports.
        """
        ...

    def rest(self) -> None:
        """Let go of what work takes, with no work left; the next run takes it anew."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...


def attempt(task: str, item: Any, report: Report) -> Outcome:
    """Run one unit of work; whatever it raises becomes an outcome.

    This is the one place in the source that catches everything: a damaged film must not
    end the work on the others. ``MemoryError`` is an ``Exception`` and is caught too.
    """
    try:
        module, _, name = task.partition(":")
        return Outcome(item, value=getattr(import_module(module), name)(item, report))
    except CinemotionError as error:
        return Outcome(item, error=str(error), fate="failed")
    except Exception as error:  # noqa: BLE001 - see above: a failed unit is a row, not a crash
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split())
        line = f"{type(error).__name__}: {text} (in {where.name}, {where.filename}:{where.lineno})"
        return Outcome(item, error=line, fate="failed")


class InlineExecutor:
    """Runs everything in this process, one item after the other."""

    def __init__(self, *, attempts: int = 2) -> None:
        self._attempts = attempts

    def run(
        self, task: str, items: Iterable[Any], progress: Progress | None = None
    ) -> Iterator[Outcome]:
        """See :meth:`Executor.run`."""
        for item in items:
            yield self._run_one(task, item, progress)

    def _run_one(self, task: str, item: Any, progress: Progress | None) -> Outcome:
        def report(amount: float) -> None:
            if progress is not None:
                progress(item, amount)

        outcome, count = attempt(task, item, report), 1
        while outcome.error is not None and count < self._attempts:
            outcome, count = attempt(task, item, report), count + 1
        return replace(outcome, attempts=count)

    def rest(self) -> None:
        """See :meth:`Executor.rest`; there is nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        return None
