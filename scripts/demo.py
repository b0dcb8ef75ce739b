"""The demo: compose two short films (or take the user's), build a dataset, draw its sheet.

python scripts/demo.py --out demo [--film FILM]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cinemotion.__main__ import run
from cinemotion.core.errors import CinemotionError
from cinemotion.flows.looking.demo import compose_demo_films


def main() -> int:
    """Run the demo and say where to look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"))
    parser.add_argument("--film", type=Path, default=None)
    options = parser.parse_args()
    try:
        films = [options.film] if options.film else compose_demo_films(options.out / "films")
    except CinemotionError as error:
        print(f"cinemotion: {error}", file=sys.stderr)
        return 2
    dataset, sheet = options.out / "dataset", options.out / "sheet.png"
    if options.film:
        dataset = options.out / f"dataset-{options.film.stem}"
        sheet = options.out / f"sheet-{options.film.stem}.png"
    code = run(["build", "--out", str(dataset), "--", *map(str, films)])
    code = code or run(["sheet", str(dataset), "--out", str(sheet)])
    if code == 0:
        print(f"\nlook at the contact sheet: {sheet.resolve()}")
        print(f"list the samples:          .venv/bin/cinemotion samples {dataset}")
    return code


if __name__ == "__main__":
    sys.exit(main())
