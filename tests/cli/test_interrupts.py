"""Ctrl-C and a reader that goes away, met while the command is still loading or already ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINE = "interrupted; the same command goes on from here\n"

# Read by Python as it starts: whoever imports Typer is interrupted.
INTERRUPTED_WHILE_LOADING = """
import atexit, os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            {how}

sys.meta_path.insert(0, Interrupting())
"""
AGAIN_AT_THE_END = "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize(
    "how", ["os.kill(os.getpid(), signal.SIGINT)", "exec('raise KeyboardInterrupt')"]
)
@pytest.mark.parametrize("again", ["", AGAIN_AT_THE_END], ids=["once", "twice"])
def test_ctrl_c_while_the_command_loads_is_one_line(tmp_path: Path, how: str, again: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_WHILE_LOADING.format(how=how) + again)
    done = subprocess.run(
        [sys.executable, "-m", "cinemotion", "--help"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, LINE)


def test_a_reader_that_went_away_is_exit_code_0() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cinemotion", "--help"]
    with os.fdopen(writer) as stdout:
        done = subprocess.run(
            command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
