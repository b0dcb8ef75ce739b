"""How fast an analysis is beside plain decoding, and how much memory it takes.

    python benchmarks/analysis.py [FILM] [--rounds 3] [--hours 2] [--json FILE]

In one run, in turns: ``ffmpeg -i FILM -map 0:v:0 -f null -`` and ``cinemotion analyze --every 0.2``
without and with identities, each from nothing into a new folder. Ratios are of medians. Memory is
measured in runs of their own with identities, of the film and of that film joined with itself
without encoding anew until it lasts ``--hours``: the peak of the summed proportional set sizes of
the whole process tree, sampled every 0.2 s.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import compose_film, repeat_film, write_json
from measuring import decode, print_judged, run

# What is asked for: the figure must not be above this.
LIMITS = {
    "analyze_over_decode": ("at most", 2.0),
    "with_identity_over_decode": ("at most", 2.5),
    "peak_growth": ("at most", 1.1),
}
EMBEDDER = {"analyze": "none", "with_identity": "dlib"}


def analyze(
    film: Path, folder: Path, embedder: str, *, watch_memory: bool = False
) -> tuple[float, float, dict[str, Any]]:
    """Analyse into a new folder; return wall seconds, peak memory in MB and the summary."""
    out = folder / "report"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "cinemotion", "analyze", str(film), "--out", str(out)]
    options = ["--every", "0.2", "--embedder", embedder, "--json"]
    wall, peak, output = run([*command, *options], watch_memory=watch_memory)
    return wall, peak, json.loads(output)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path, nargs="?", help="default: one composed from the clips")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hours", type=float, default=2.0, help="0 leaves the long film out")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = options.film or compose_film(folder / "film.mp4")
        walls: dict[str, list[float]] = {"decode": [], "analyze": [], "with_identity": []}
        for _ in range(options.rounds):
            walls["decode"].append(decode(film))
            for what, embedder in EMBEDDER.items():
                walls[what].append(analyze(film, folder, embedder)[0])
        _, peak, summary = analyze(film, folder, EMBEDDER["with_identity"], watch_memory=True)
        seconds = summary["film"]["seconds"]
        median = {what: statistics.median(values) for what, values in walls.items()}
        result: dict[str, Any] = {
            "film_seconds": seconds,
            "characters": len(summary["characters"]),
            "wall_seconds": walls,
            "analyze_over_decode": median["analyze"] / median["decode"],
            "with_identity_over_decode": median["with_identity"] / median["decode"],
            "peak_mb": peak,
        }
        if options.hours:
            times = math.ceil(options.hours * 3600 / seconds)
            long = repeat_film(film, times, folder / "long.mp4")
            _, long_peak, summary = analyze(
                long, folder, EMBEDDER["with_identity"], watch_memory=True
            )
            result |= {
                "long_film_seconds": summary["film"]["seconds"],
                "long_characters": len(summary["characters"]),
                "long_peak_mb": long_peak,
                "peak_growth": long_peak / peak,
                "long_page_mb": (folder / "report" / "report.html").stat().st_size / 1e6,
            }
    print_judged(LIMITS, result, walls)
    write_json(options.json, "analysis", result)


if __name__ == "__main__":
    main()
