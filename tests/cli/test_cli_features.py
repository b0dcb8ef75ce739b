"""``cinemotion features`` as users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cinemotion.__main__ import run
from frozen import frozen, usual


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return f"{frozen(tmp_path / 'd', usual()).path}@v1"


def test_people_read_a_line(reference: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", reference, "--with", "pixels"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("pixels (")
    assert line.endswith("26 samples have 576 numbers each; 26 computed, 0 reused, 0 failed\n")


def test_programs_read_one_document(
    reference: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lbp.npz"
    arguments = ["features", reference, "--with", "lbp", "--batch", "5", "--out", str(out)]
    assert run([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["name"], report["dimensions"], report["samples"]) == ("lbp", 944, 26)
    assert (report["computed"], report["reused"], report["failed"]) == (26, 0, {})
    with np.load(out) as file:
        assert file["vector"].shape == (26, 944)
    assert run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("0 computed, 26 reused, 0 failed")
    assert lines[1] == f"file: {out}"


@pytest.mark.parametrize(
    ("version", "options", "words"),
    [
        ("@v1", ["--with", "sift"], "choose one of: classic, hog, keras"),
        ("@v1", ["--with", "onnx:none.onnx"], "cannot read the model none.onnx"),
        ("@v1", ["--with", "hog", "--out", "x.csv"], "OUT.parquet or OUT.npz"),
        ("@v1", [], "--with"),
        ("@v9", ["--with", "hog"], "has no version 'v9'"),
        ("", ["--with", "hog"], "names no version"),
    ],
)
def test_bad_input_is_exit_2_and_says_why(
    reference: str,
    capsys: pytest.CaptureFixture[str],
    version: str,
    options: list[str],
    words: str,
) -> None:
    target = reference.removesuffix("@v1") + version
    assert run(["features", target, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and words in captured.err
