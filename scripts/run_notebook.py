"""Run the notebook from top to bottom and keep its outputs.

    python scripts/run_notebook.py [--data ZIP] [--work FOLDER] [--out NOTEBOOK]

Without ``--data`` it runs on the stand-in of two public-domain portraits, and without ``--out`` the
notebook itself gets the new outputs: what is committed shows no picture of anybody's data.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat

from cinemotion.flows.looking.demo_pictures import compose_demo_pictures

NOTEBOOK = Path(__file__).parents[1] / "DeepLearningProject.ipynb"
SECONDS = 600  # for a cell


def run(data: Path | None, work: Path) -> Any:
    """The notebook with the outputs of this run.

    Args:
        data: The pictures; the stand-in where None.
        work: Where it may write.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    work.mkdir(parents=True, exist_ok=True)
    if data is None:
        data = compose_demo_pictures(work / "demo.zip")
    environment = {**os.environ, "CINEMOTION_WORK": str(work), "CINEMOTION_DATA": str(data)}
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute(env=environment)
    for cell in notebook.cells:
        # When each cell ran is nobody's business, and would differ with every run.
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("notebook_output"))
    parser.add_argument("--out", type=Path, default=NOTEBOOK)
    given = parser.parse_args()
    done = run(given.data, given.work)
    nbformat.write(done, given.out)  # type: ignore[no-untyped-call]
    print(f"run from top to bottom: {given.out}")


if __name__ == "__main__":
    main()
