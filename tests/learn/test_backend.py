from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cinemotion.__main__ import run
from cinemotion.core.errors import BadInputError, MissingExtraError
from cinemotion.learn import backend
from cinemotion.learn.backend import check_backend, hushed


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but PyTorch."""
    monkeypatch.setattr(backend, "find_spec", lambda name: None if name == "torch" else name)


def test_a_backend_that_cannot_train_is_one_line_before_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, words in (("nonsense", "no backend that trains"), ("torch", "is not installed")):
        monkeypatch.setenv("KERAS_BACKEND", name)
        assert run(["train", "nothing@v1", "--model", "mini", "--out", str(tmp_path / "m")]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert name in line and words in line and "KERAS_BACKEND=tensorflow" in line
    assert not (tmp_path / "m").exists()


def test_keras_own_settings_count_where_the_environment_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    check_backend()
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    with pytest.raises(BadInputError, match="torch, which is not installed"):
        check_backend()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    check_backend()


@pytest.mark.parametrize("package", ["keras", "tensorflow", "tf2onnx"])
def test_what_writes_onnx_is_missed_before_a_training_and_not_after(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "find_spec", lambda name: None if name == package else name)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(MissingExtraError, match=package):
        check_backend()


def test_what_native_code_says_is_lost_for_a_while_only(capfd: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        os.write(2, b"noise\n")
        raise ImportError

    with pytest.raises(ImportError), hushed():
        fails()
    os.write(2, b"word\n")
    assert capfd.readouterr().err == "word\n"


_LOADED = """
import logging
from cinemotion.learn.backend import quicken
quicken()
import tensorflow
tensorflow.get_logger().warning("5 out of the last 5 calls triggered tf.function retracing")
"""


@pytest.mark.slow
def test_keras_is_loaded_quietly() -> None:
    pytest.importorskip("keras")
    path = os.pathsep.join(filter(None, sys.path))
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-c", _LOADED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == "" and done.stdout == ""
