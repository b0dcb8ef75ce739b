"""The floors of the house: imports only go down, and the door opens quickly."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "cinemotion"

STAGES = {"video", "faces", "film", "curate", "dataset", "engine"}
ALLOWED = {
    "core": {"core"},
    "recipes": {"core"},
    **{stage: {"core", stage} for stage in STAGES},
    "numpynet": {"numpynet"},
    "learn": {"core", "dataset", "numpynet", "learn"},
    "flows": {"core", "recipes", "flows", "learn", "numpynet", *STAGES},
    # A door calls flows; `dataset` opens what a command prints.
    "cli": {"core", "recipes", "flows", "dataset", "cli"},
    "__init__": {"recipes", "flows", "dataset", "learn"},
    "__main__": {"core", "cli"},
}
HEAVY = (
    "tensorflow keras torch cv2 av ray sklearn scipy skimage matplotlib lance pyarrow polars "
    "onnx onnxruntime pydantic numpy PIL faiss jinja2 sqlite3"
).split()


def _imports(path: Path) -> set[str]:
    """The parts of our own package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("cinemotion.")}
    return found - {"__version__"}


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE))
)
def test_imports_only_go_down(path: Path) -> None:
    floor = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert _imports(path) <= ALLOWED[floor]


@pytest.mark.parametrize(
    "command", ["import cinemotion", "from cinemotion.__main__ import run; run(['--help'])"]
)
def test_the_door_loads_nothing_heavy(command: str) -> None:
    code = f"{command}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_file_is_too_long() -> None:
    long = {p.name: n for p in SOURCE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 400}
    assert not long
