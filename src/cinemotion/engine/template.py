"""The process that workers are forked from: ``python -m cinemotion.engine.template MODULE...``.

It loads the modules, then waits on standard input, which is a socket of the parent's. A
message with three file descriptors asks for a worker with these as its standard input, output
and error; a message with a process number asks how that worker ended. It ends when the socket
closes. A fork of a process with several threads may hang on a lock that a lost thread held:
where a module has started one, the workers are fresh interpreters after all.
"""

from __future__ import annotations

import gc
import os
import socket
import struct
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from cinemotion.engine.worker import serve

_WORKER = "cinemotion.engine.worker"


def main() -> None:
    """Serve the parent until it closes our standard input."""
    channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    for module in sys.argv[1:]:
        import_module(module)
    alone = len(list(Path("/proc/self/task").iterdir())) == 1
    gc.freeze()  # what is loaded stays; collecting it would copy its memory into each worker
    ended: dict[int, int] = {}
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 64, 3)
        if not message:
            os._exit(0)
        _collect(ended)
        if descriptors:
            if os.fork() == 0:
                _become_worker(channel, descriptors, alone=alone)
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            channel.send(struct.pack("q", _exit_code(struct.unpack("q", message)[0], ended)))


def _become_worker(channel: socket.socket, descriptors: list[int], *, alone: bool) -> None:
    channel.close()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.setsid()
    try:
        if not alone:
            os.execv(sys.executable, [sys.executable, "-P", "-m", _WORKER, *sys.argv[1:]])
        serve()
    finally:
        os._exit(1)


def _collect(ended: dict[int, int]) -> None:
    """Note the workers that have ended, so that none is left as a zombie."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            ended[pid] = os.waitstatus_to_exitcode(status)


def _exit_code(pid: int, ended: dict[int, int]) -> int:
    if pid not in ended:
        try:
            ended[pid] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:
            return 1
    return ended.pop(pid)


if __name__ == "__main__":
    main()
