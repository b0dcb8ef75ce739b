"""Run the commands of ``docs/tutorial.md`` in an empty folder; ``--write`` keeps what they print.

    python scripts/run_tutorial.py [--work FOLDER] [--write]

Two things that a reader does by hand are done here: ``model.onnx`` is the shipped model's network,
and ``sort.py`` moves the faces of the one person to ``happy``, those of the other to ``neutral``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cinemotion.learn.modelfolder import ONNX, find_model

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
LINES = 14  # of what a command prints

# The portraits differ in tone: what a person sees at once, the mean colour tells too.
SORT = """
from pathlib import Path
import cv2

for file in sorted(Path("sorting").rglob("*.png")):
    blue, green, _ = cv2.imread(str(file)).reshape(-1, 3).mean(axis=0)
    label = "happy" if green - blue > 10 else "neutral"
    file.rename(Path("sorting") / label / file.name)
"""


def run(work: Path) -> list[tuple[str, str]]:
    """Every block of commands and what it printed.

    Raises:
        subprocess.CalledProcessError: A command failed.
    """
    (work / "sort.py").write_text(SORT)
    shutil.copy(find_model("compact-v1") / ONNX, work / "model.onnx")
    here = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"COLUMNS": "100", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = []
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        printed = []
        for command in block.strip().splitlines():
            result = subprocess.run(
                command,
                shell=True,
                cwd=work,
                env=environment,
                check=False,
                capture_output=True,
                text=True,
            )
            if result.returncode:
                print(result.stdout, result.stderr, file=sys.stderr)
                raise subprocess.CalledProcessError(result.returncode, command)
            printed += [line.rstrip() for line in result.stdout.splitlines()]
        done.append((block, "\n".join(printed)))
    return done


def write(done: list[tuple[str, str]]) -> None:
    """Put what was printed under each block, in place of what stood there."""
    text = re.sub(r"\n```text\n.*?```\n", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    for block, printed in done:
        lines = printed.splitlines()
        shown = "\n".join([*lines[:LINES], *(["…"] if len(lines) > LINES else [])])
        if shown:
            whole = f"```sh\n{block}```\n"
            text = text.replace(whole, f"{whole}\n```text\n{shown}\n```\n", 1)
    PAGE.write_text(text, encoding="utf-8")


def main() -> int:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        try:
            done = run(work)
        except subprocess.CalledProcessError as error:
            print(f"run_tutorial: {error.cmd} exits with {error.returncode}", file=sys.stderr)
            return 2
    if arguments.write:
        write(done)
    else:
        print("\n".join(printed for _, printed in done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
