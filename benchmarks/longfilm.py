"""How large is the report of a long film, and how long does it take to open?

    python benchmarks/longfilm.py [--json benchmarks/results/longfilm.json]

Films are not decoded but drawn by chance: two hours at 0.2 s with 20 characters, and 10,000 shots.
Measured are the page and what the analysis leaves beside it, the processor time from sightings to
files, the greatest memory, and the time until a headless Chromium has drawn every arc.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cinemotion.flows.analyzing.write import write_analysis
from common import ROOT, print_table, write_json

sys.path.insert(0, str(ROOT / "tests" / "flows" / "analyzing"))
from synthetic import synthesise

FILMS = {
    "two hours": {"seconds": 7200, "shots": 1500, "people": 20},
    "10,000 shots": {"seconds": 7200, "shots": 10_000, "people": 20},
}


def seconds_to_open(page: Path) -> float | None:
    """Until all arcs are drawn; ``None`` without a browser."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return None
    if found is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        opened = browser.new_page()
        begun = time.perf_counter()
        opened.goto(page.as_uri(), timeout=300_000)
        last = opened.locator(".plot[data-person]").count() - 1
        opened.wait_for_selector(
            f".plot[data-person='{last}'] .scatterlayer path", state="attached", timeout=300_000
        )
        took = time.perf_counter() - begun
        browser.close()
    return took


def main() -> None:
    """Draw, write, open."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=list(FILMS))
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, film in FILMS.items():
        if arguments.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as work:
            out = Path(work) / "report"
            begun = time.process_time()
            analysis, cast = synthesise(Path(work) / "dataset", **film)
            write_analysis(analysis, cast, out)
            rows.append(
                {
                    "film": name,
                    "shots": film["shots"],
                    "characters": len(analysis.people),
                    "faces": analysis.seen.faces.height,
                    "report.html, MB": (out / "report.html").stat().st_size / 1e6,
                    "all files, MB": sum(p.stat().st_size for p in out.iterdir()) / 1e6,
                    "processor, s": time.process_time() - begun,
                    "memory, GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
                    "opened in, s": seconds_to_open(out / "report.html"),
                }
            )
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    write_json(arguments.json, "longfilm", rows)


if __name__ == "__main__":
    main()
