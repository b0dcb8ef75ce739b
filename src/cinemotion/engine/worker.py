"""A worker process: ``python -m cinemotion.engine.worker MODULE...``, driven by :mod:`.processes`.

The modules are imported at the start. Messages are pickles on standard input and output:
``("born", pid)`` goes out; ``(task, item)`` comes in; ``("progress", amount)`` and at last
``("outcome", Outcome)`` go out. When standard input closes, because the parent is done or was
killed, the process ends at once.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from queue import SimpleQueue
from typing import Any, BinaryIO

from cinemotion.core.leftover import Surplus
from cinemotion.engine.executor import attempt

# Often enough for a progress bar and for the watch on stalled workers, rare enough to be free.
REPORT_SECONDS = 0.2


def serve(preload: Sequence[str] = ()) -> None:
    """Serve the parent until it closes our standard input."""
    inbox = sys.stdin.buffer
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get between the pickles.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    tasks: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    # First of all, so that a parent killed during our imports takes us along.
    threading.Thread(target=_receive, args=(inbox, tasks), daemon=True).start()
    _send(outbox, ("born", os.getpid()))
    for module in preload:
        import_module(module)
    surplus = Surplus()
    while True:
        task, item = tasks.get()
        reporter = _Reporter(outbox, surplus)
        outcome = attempt(task, item, reporter)
        reporter.flush()
        _send(outbox, ("outcome", outcome))
        del task, item, outcome
        surplus()


def _receive(inbox: BinaryIO, tasks: SimpleQueue[tuple[str, Any]]) -> None:
    while True:
        try:
            tasks.put(pickle.load(inbox))
        except EOFError:
            os._exit(0)  # the main thread may be deep in a decoder; do not wait for it


class _Reporter:
    """Sends progress to the parent, summed up so that it stays cheap."""

    def __init__(self, outbox: BinaryIO, surplus: Surplus) -> None:
        self._outbox = outbox
        self._surplus = surplus
        self._amount = 0.0
        self._sent = time.monotonic()

    def __call__(self, amount: float) -> None:
        self._amount += amount
        if time.monotonic() - self._sent >= REPORT_SECONDS:
            self.flush()
            self._surplus()

    def flush(self) -> None:
        """Send what has come together."""
        _send(self._outbox, ("progress", self._amount))
        self._amount, self._sent = 0.0, time.monotonic()


def _send(outbox: BinaryIO, message: tuple[str, Any]) -> None:
    try:
        pickle.dump(message, outbox, protocol=pickle.HIGHEST_PROTOCOL)
        outbox.flush()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone, and with it everybody who could read a message


if __name__ == "__main__":
    serve(sys.argv[1:])
