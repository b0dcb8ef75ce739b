"""kill -9 in the middle of an analysis: the same command ends with the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cinemotion.__main__ import run

OPTIONS = ["--every", "0.5", "--embedder", "none", "--workers", "0"]
PATIENCE = 120  # seconds until the moment to kill must have come


def contents(report: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in report.iterdir() if path.is_file()}


def killed_when(moment: Callable[[], bool], film: Path, out: Path) -> None:
    """Start an analysis in a process of its own and kill it at a moment of its work."""
    command = [sys.executable, "-m", "cinemotion", "analyze", str(film), "--out", str(out)]
    process = subprocess.Popen([*command, *OPTIONS], stdout=subprocess.DEVNULL)
    begun = time.monotonic()
    while not moment():
        assert process.poll() is None, "it was done before the moment came"
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_a_killed_analysis_ends_with_the_same_bytes(
    demo_films: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    film = demo_films[1]
    whole = tmp_path_factory.mktemp("whole") / "report"
    out = tmp_path_factory.mktemp("killed") / "report"  # as far from the film
    assert run(["analyze", str(film), "--out", str(whole), *OPTIONS]) == 0
    # While faces are found, and while the report is written.
    killed_when(lambda: any((out / "dataset").glob("crops.lance/data/*")), film, out)
    assert not (out / "analysis.json").exists()
    killed_when((out / "faces.parquet").exists, film, out)
    assert not (out / "analysis.json").exists()
    assert run(["analyze", str(film), "--out", str(out), *OPTIONS]) == 0
    expected, found = contents(whole), contents(out)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []
