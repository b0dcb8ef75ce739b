"""How a worker process comes to life: as a fresh interpreter, or forked from one that is ready.

    starter = open_starter(["cinemotion.flows.building.segment"])
    process = starter.start()
    process.inbox.write(...); process.outbox.read(...)
    starter.close()

Loading what a worker needs takes most of a second. On Linux one process (see
:mod:`.template`) does it once, without any thread, and workers are forks of it: a second
worker, or one that takes a dead one's place, is there in milliseconds. Elsewhere forking is
not safe with the system's libraries, and each worker loads its own parts.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

# One thread each: the workers are the parallelism, and results stay the same on any machine.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
# Nor do they need what other packages may have plugged into pydantic: 50 ms at every start.
# Arrow's allocator would start a thread of its own, and a process with threads is not forked.
_SURROUNDINGS = {
    **_ONE_THREAD,
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


class WorkerProcess(Protocol):
    """A process that runs :mod:`.worker`, seen from the parent.

    Attributes:
        inbox: Its standard input.
        outbox: Its standard output.
        stderr: A file that takes its standard error.
    """

    inbox: IO[bytes]
    outbox: IO[bytes]
    stderr: IO[bytes]

    def end(self, pid: int | None) -> None:
        """Kill it; ``pid`` is the number under which it reported, if it did."""
        ...

    def exit_code(self, pid: int | None) -> int:
        """How it ended, once it has: the exit code, or minus the number of the signal."""
        ...


class Starter(Protocol):
    """Starts worker processes."""

    def start(self) -> WorkerProcess:
        """Start one; it may still be loading when this returns."""
        ...

    def close(self) -> None:
        """Start no more."""
        ...


def open_starter(preload: Sequence[str]) -> Starter:
    """The starter for this system.

    Args:
        preload: Modules that a worker loads before its first unit of work.
    """
    return _Forks(preload) if sys.platform == "linux" else _Interpreters(preload)


class _Interpreters:
    """Starts a fresh interpreter for every worker."""

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = preload

    def start(self) -> WorkerProcess:
        return _Interpreter(self._preload)

    def close(self) -> None:
        pass


class _Interpreter:
    def __init__(self, preload: Sequence[str]) -> None:
        self.stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as it
        self._process = _python(
            "worker", preload, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.inbox: IO[bytes] = self._process.stdin
        self.outbox: IO[bytes] = self._process.stdout

    def end(self, pid: int | None) -> None:
        self._process.kill()
        self._process.wait()

    def exit_code(self, pid: int | None) -> int:
        return int(self._process.wait())


class _Forks:
    """Asks a template process for a fork of itself for every worker."""

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = preload
        self._lock = threading.Lock()
        self._words = b""
        self._open()

    def _open(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the template
        with theirs:
            self._process = _python(
                "template",
                self._preload,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
            )

    def start(self) -> WorkerProcess:
        with self._lock:
            if self._process.poll() is not None:  # killed, or a module could not be loaded
                self._words = self.last_words()
                self._shut()
                self._open()
            return _Fork(self)

    def send(self, descriptors: Sequence[int]) -> None:
        """Ask for a worker with these as its standard input, output and error."""
        with suppress(OSError):  # a template that has died leaves a worker that is born dead
            socket.send_fds(self._channel, [b"worker"], list(descriptors))

    def exit_code(self, pid: int) -> int:
        """How a worker ended; waits for it. A dead template cannot tell, but took it along."""
        with self._lock:
            try:
                self._channel.send(struct.pack("q", pid))
                return int(struct.unpack("q", self._channel.recv(8))[0])
            except (OSError, struct.error):
                return -signal.SIGKILL

    def last_words(self) -> bytes:
        """What the template, or else the one before it, wrote to standard error."""
        self._stderr.seek(0)
        return self._stderr.read() or self._words

    def close(self) -> None:
        with self._lock:
            self._shut()

    def _shut(self) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._stderr.close()


class _Fork:
    def __init__(self, template: _Forks) -> None:
        self._template = template
        self.stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as it
        their_in, our_in = os.pipe()
        our_out, their_out = os.pipe()
        template.send([their_in, their_out, self.stderr.fileno()])
        os.close(their_in)
        os.close(their_out)
        self.inbox: IO[bytes] = os.fdopen(our_in, "wb")
        self.outbox: IO[bytes] = os.fdopen(our_out, "rb")

    def end(self, pid: int | None) -> None:
        # One that has not reported yet finds its standard input closed, and ends by itself.
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._template.exit_code(pid)

    def exit_code(self, pid: int | None) -> int:
        if pid is not None:
            return self._template.exit_code(pid)
        self.stderr.write(self._template.last_words())
        return 1


def _python(module: str, arguments: Sequence[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """Start one of our modules, importing nothing from the folder that the user is in (-P)."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"cinemotion.engine.{module}", *arguments],
        env={**os.environ, **_SURROUNDINGS, "PYTHONPATH": _import_path()},
        start_new_session=True,  # Ctrl-C is for the parent alone, which then ends us
        **pipes,
    )


def _import_path() -> str:
    """Where the parent imports from, ourselves first, without the current folder."""
    ours = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([ours, *(folder for folder in sys.path if folder)])
