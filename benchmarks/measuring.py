"""What the benchmarks share that time whole commands and look at their memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from common import print_table

TO_NOTHING = "-map 0:v:0 -f null -".split()


def run(command: list[str], *, watch_memory: bool = False) -> tuple[float, float, str]:
    """Run a command; return wall seconds, peak memory in MB (if watched) and its output."""
    start = time.perf_counter()
    # Into a file: what nobody reads while the memory is watched would fill a pipe.
    with (
        tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(command, stdout=printed) as process,
    ):
        peak = 0.0
        tree = psutil.Process(process.pid)
        while watch_memory and process.poll() is None:
            peak = max(peak, memory(tree))
            time.sleep(0.2)
        process.wait()
        wall = time.perf_counter() - start
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return wall, peak, output


def decode(film: Path) -> float:
    """Wall seconds that FFmpeg takes to decode a film."""
    return run([*"ffmpeg -v error -nostdin -i".split(), str(film), *TO_NOTHING])[0]


def memory(process: psutil.Process) -> float:
    """Proportional set size of a process and its children, in MB."""
    total = 0
    try:
        for member in [process, *process.children(recursive=True)]:
            total += member.memory_full_info().pss
    except psutil.NoSuchProcess:
        pass
    return total / 1e6


def judge(limits: Mapping[str, tuple[str, float]], key: str, value: float) -> tuple[str, str]:
    """What was asked for ("at most" or "at least" a number), and whether it is met."""
    if key not in limits:
        return "", ""
    kind, limit = limits[key]
    met = value <= limit if kind == "at most" else value >= limit
    return f"{kind} {limit:g}", "yes" if met else "NO"


def print_judged(
    limits: Mapping[str, tuple[str, float]],
    result: Mapping[str, Any],
    walls: Mapping[str, Sequence[float]],
) -> None:
    """Print the figures beside what was asked for, and the times of each round."""
    rows = [[k, v, *judge(limits, k, v)] for k, v in result.items() if not isinstance(v, dict)]
    print_table(["what", "value", "asked for", "met"], rows)
    print_table(
        ["run", "wall seconds (each round)"],
        [[k, " ".join(f"{v:.1f}" for v in vs)] for k, vs in walls.items()],
    )
