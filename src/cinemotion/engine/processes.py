"""Runs units of work in worker processes that may fail, hang or be killed.

    with ProcessExecutor(workers=2, stall_seconds=120) as executor:
        for outcome in executor.run(task, items): ...

Each worker is a process behind two pipes (why not a library's pool:
``docs/decisions/0002-own-worker-pool.md``; how it starts: :mod:`.starters`). One that dies or
shows no sign of life takes only its own unit of work with it; that unit is tried once more in
a new process.
"""

from __future__ import annotations

import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Literal, Self

from cinemotion.engine.executor import Outcome, Progress
from cinemotion.engine.starters import WorkerProcess, open_starter

_POLL_SECONDS = 0.5


@dataclass(slots=True)
class _Unit:
    run: object  # tells the units of one call of run() from those of another
    index: int
    item: Any
    attempts: int = 0


class ProcessExecutor:
    """A pool of worker processes.

    Args:
        workers: How many processes.
        stall_seconds: A worker that reports nothing for this long is killed.
        attempts: How often a unit of work is tried before its error counts.
        read_ahead: How many units may be started before the oldest one is taken; bounds the
            memory held by results that wait for their turn. Default: twice the workers, plus 2.
        preload: Modules that workers have loaded before their first unit of work; the loading
            starts at once, while the parent prepares.
    """

    def __init__(
        self,
        *,
        workers: int,
        stall_seconds: float = 120.0,
        attempts: int = 2,
        read_ahead: int | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        self._size = workers
        self._preload = preload
        self._stall_seconds = stall_seconds
        self._attempts = attempts
        self._read_ahead = read_ahead if read_ahead is not None else 2 * workers + 2
        self._events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]] = SimpleQueue()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._starter = open_starter(self._preload)
        self._workers = [self._worker() for _ in range(self._size)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.rest()
        self._starter.close()

    def rest(self) -> None:
        """See :meth:`Executor.rest`."""
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def _worker(self) -> _Worker:
        return _Worker(self._events, self._starter.start())

    def run(
        self, task: str, items: Iterable[Any], progress: Progress | None = None
    ) -> Iterator[Outcome]:
        """See :meth:`Executor.run`."""
        if not self._workers:  # they rest
            self._workers = [self._worker() for _ in range(self._size)]
        source = enumerate(items)
        this_run = object()
        again: deque[_Unit] = deque()
        finished: dict[int, Outcome] = {}
        turn, exhausted, started = 0, False, 0

        while True:
            for worker in self._idle():
                if again:
                    worker.start(task, again.popleft())
                elif not exhausted and started < turn + self._read_ahead:
                    try:
                        index, item = next(source)
                    except StopIteration:
                        exhausted = True
                        break
                    started = index + 1
                    worker.start(task, _Unit(this_run, index, item))
            while turn in finished:
                yield finished.pop(turn)
                turn += 1
            if exhausted and turn == started:
                return
            for unit, outcome in self._wait(progress):
                if unit.run is not this_run:
                    continue  # of an earlier run that was given up half way
                if outcome.error is not None and unit.attempts < self._attempts:
                    again.append(unit)
                else:
                    finished[unit.index] = replace(outcome, attempts=unit.attempts)

    def _idle(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.unit is None]

    def _wait(self, progress: Progress | None) -> list[tuple[_Unit, Outcome]]:
        """Wait for news from a worker, or for one to have stalled."""
        ended: list[tuple[_Unit, Outcome]] = []
        timeout = _POLL_SECONDS
        # All the news there is, before anybody is judged by the news of the last one.
        while True:
            try:
                worker, message = self._events.get(timeout=timeout)
            except Empty:
                break
            timeout = 0.0
            if worker in self._workers:  # else it was buried, and its last message comes late
                ended += self._hear(worker, message, progress)
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.unit is not None and now - worker.seen > self._stall_seconds:
                worker.kill()
                ended += self._bury(worker, "stalled")
        return ended

    def _hear(
        self, worker: _Worker, message: tuple[str, Any] | None, progress: Progress | None
    ) -> list[tuple[_Unit, Outcome]]:
        """Take a message of a worker; ``None`` means that it is dead."""
        if message is None:
            return self._bury(worker, "killed")
        unit = worker.unit
        if unit is None:
            return []
        if message[0] == "progress":
            if progress is not None:
                progress(unit.item, message[1])
            return []
        worker.unit = None
        return [(unit, message[1])]

    def _bury(
        self, worker: _Worker, fate: Literal["killed", "stalled"]
    ) -> list[tuple[_Unit, Outcome]]:
        """Put a new worker in the place of a dead one; hand back what it was working on."""
        self._workers[self._workers.index(worker)] = self._worker()
        if worker.unit is None:
            worker.kill()
            return []
        if fate == "stalled":
            error = f"no sign of life for {self._stall_seconds:g} s; its process was ended"
        else:
            error = worker.last_words()
        return [(worker.unit, Outcome(worker.unit.item, error=error, fate=fate))]


class _Worker:
    """One process and the thread that listens to it."""

    def __init__(
        self,
        events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]],
        process: WorkerProcess,
    ) -> None:
        self.unit: _Unit | None = None
        self.seen = time.monotonic()
        self._process = process
        self._pid: int | None = None
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def start(self, task: str, unit: _Unit) -> None:
        """Hand the process its next unit of work."""
        unit.attempts += 1
        self.unit, self.seen = unit, time.monotonic()
        # A dead process is noticed by its listener, and the unit is then tried again.
        with suppress(OSError):
            pickle.dump((task, unit.item), self._process.inbox, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.inbox.flush()

    def kill(self) -> None:
        """End the process now and close our ends of its pipes."""
        self._process.end(self._pid)
        self._close()

    def _close(self) -> None:
        with suppress(OSError):  # what was still to be flushed has no reader any more
            self._process.inbox.close()
        self._process.stderr.close()

    def last_words(self) -> str:
        """How the process ended and the last line it wrote to standard error."""
        code = self._process.exit_code(self._pid)
        self._process.stderr.seek(0)
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        self._close()
        words = f": {lines[-1].strip()}" if lines else ""
        return f"its process ended with {_exit_name(code)}{words}"

    def _listen(self, events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]]) -> None:
        with self._process.outbox as pipe:
            while True:
                try:
                    message = pickle.load(pipe)
                except (EOFError, OSError, pickle.UnpicklingError):
                    break
                # Noted here, where it arrives: the parent may be busy with something else.
                self.seen = time.monotonic()
                if message[0] == "born":
                    self._pid = message[1]
                    continue
                events.put((self, message))
        events.put((self, None))


def _exit_name(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
