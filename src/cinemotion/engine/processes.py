"""Runs units of work in worker processes that may fail, hang or be killed.

    with ProcessExecutor(workers=2, stall_seconds=120) as executor:
        for outcome in executor.run(task, items): ...

Each worker is a fresh interpreter behind two pipes (why not a library's pool:
``docs/decisions/0002-own-worker-pool.md``). One that dies or shows no sign of life takes
only its own unit of work with it; that unit is tried once more in a new process.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Literal, Self

from cinemotion.engine.executor import Outcome, Progress

# One thread each: the workers are the parallelism, and results stay the same on any machine.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
_POLL_SECONDS = 0.5


@dataclass(slots=True)
class _Unit:
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
        preload: A module that each worker imports as it starts, while the parent prepares.
    """

    def __init__(
        self,
        *,
        workers: int,
        stall_seconds: float = 120.0,
        attempts: int = 2,
        read_ahead: int | None = None,
        preload: str | None = None,
    ) -> None:
        self._size = workers
        self._preload = preload
        self._stall_seconds = stall_seconds
        self._attempts = attempts
        self._read_ahead = read_ahead if read_ahead is not None else 2 * workers + 2
        self._events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]] = SimpleQueue()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._workers = [_Worker(self._events, self._preload) for _ in range(self._size)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def run(
        self, task: str, items: Iterable[Any], progress: Progress | None = None
    ) -> Iterator[Outcome]:
        """See :meth:`Executor.run`."""
        source = enumerate(items)
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
                    worker.start(task, _Unit(index, item))
            while turn in finished:
                yield finished.pop(turn)
                turn += 1
            if exhausted and turn == started:
                return
            for unit, outcome in self._wait(progress):
                if outcome.error is not None and unit.attempts < self._attempts:
                    again.append(unit)
                else:
                    finished[unit.index] = replace(outcome, attempts=unit.attempts)

    def _idle(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.unit is None]

    def _wait(self, progress: Progress | None) -> list[tuple[_Unit, Outcome]]:
        """Wait for news from a worker, or for one to have stalled."""
        ended: list[tuple[_Unit, Outcome]] = []
        try:
            worker, message = self._events.get(timeout=_POLL_SECONDS)
        except Empty:
            pass
        else:
            if message is None:
                ended += self._bury(worker, "killed")
            elif message[0] == "progress":
                worker.seen = time.monotonic()
                if progress is not None and worker.unit is not None:
                    progress(worker.unit.item, message[1])
            elif worker.unit is not None:
                ended.append((worker.unit, message[1]))
                worker.unit = None
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.unit is not None and now - worker.seen > self._stall_seconds:
                worker.kill()
                ended += self._bury(worker, "stalled")
        return ended

    def _bury(
        self, worker: _Worker, fate: Literal["killed", "stalled"]
    ) -> list[tuple[_Unit, Outcome]]:
        """Put a new worker in the place of a dead one; hand back what it was working on."""
        if worker not in self._workers:
            return []  # killed by us a moment ago; its end of file arrives late
        self._workers[self._workers.index(worker)] = _Worker(self._events, self._preload)
        if worker.unit is None:
            return []
        if fate == "stalled":
            error = f"no sign of life for {self._stall_seconds:g} s; its process was ended"
        else:
            error = worker.last_words()
        return [(worker.unit, Outcome(worker.unit.item, error=error, fate=fate))]


class _Worker:
    """One process and the thread that listens to it."""

    def __init__(
        self, events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]], preload: str | None
    ) -> None:
        self.unit: _Unit | None = None
        self.seen = time.monotonic()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cinemotion.engine.worker", *([preload] if preload else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for the parent alone, which then ends us
        )
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def start(self, task: str, unit: _Unit) -> None:
        """Hand the process its next unit of work."""
        unit.attempts += 1
        self.unit, self.seen = unit, time.monotonic()
        assert self._process.stdin is not None
        # A dead process is noticed by its listener, and the unit is then tried again.
        with suppress(OSError):
            pickle.dump((task, unit.item), self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def kill(self) -> None:
        """End the process now and close our ends of its pipes."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # what was still to be flushed has no reader any more
            self._process.stdin.close()
        self._stderr.close()

    def last_words(self) -> str:
        """How the process ended and the last line it wrote to standard error."""
        code = self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        self._close()
        words = f": {lines[-1].strip()}" if lines else ""
        return f"its process ended with {_exit_name(code)}{words}"

    def _listen(self, events: SimpleQueue[tuple[_Worker, tuple[str, Any] | None]]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while True:
                try:
                    events.put((self, pickle.load(pipe)))
                except (EOFError, OSError, pickle.UnpicklingError):
                    break
        events.put((self, None))


def _exit_name(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
