"""Tasks that the tests of the engine hand to worker processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from cinemotion.core.leftover import resident


def square(item: int, report: Any) -> int:
    report(1.0)
    print("a library that prints must not break the pipe")  # noqa: T201
    return item * item


def slow_first(item: int, report: Any) -> int:
    if item == 0:
        time.sleep(0.6)
    return item


def fail_on_three(item: int, report: Any) -> int:
    if item == 3:
        raise ValueError("three\nis bad")
    return item


def kill_once(item: tuple[int, str], report: Any) -> int:
    """Kills its own process the first time that it sees item 2."""
    number, marker = item
    if number == 2 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_on_two(item: int, report: Any) -> int:
    if item == 2:
        print("last words", file=sys.stderr, flush=True)  # noqa: T201
        os.kill(os.getpid(), signal.SIGSEGV)
    return item


def hang_on_one(item: int, report: Any) -> int:
    if item == 1:
        time.sleep(60)
    return item


def slow_but_alive(item: int, report: Any) -> int:
    for _ in range(30):
        time.sleep(0.1)
        report(1.0)
    return item


def note_start(item: tuple[int, str], report: Any) -> int:
    number, folder = item
    Path(folder, str(number)).touch()
    return number


def which_process(item: int, report: Any) -> int:
    return os.getpid()


def loads_json(item: int, report: Any) -> int:
    import json

    value: int = json.loads(str(item))
    return value


_pins: list[bytearray] = []


def hoard(item: str, report: Any) -> int:
    """Where asked to, leaves a heap of which every second block is free; what the process holds."""
    if item == "hoard":
        blocks = [bytearray(b"x" * 100_000) for _ in range(2000)]
        _pins.extend(blocks[::2])
    return resident()
