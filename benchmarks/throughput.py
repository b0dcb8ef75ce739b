"""How fast a build is beside plain decoding, and how much memory it takes.

    python benchmarks/throughput.py [FILM] [--rounds 3] [--long 10] [--json FILE]

In one run, in turns, on a film and on that film joined with itself (twice as long, since starting
takes a second whatever the length): ``ffmpeg -i FILM -map 0:v:0 -f null -`` (Debian's ffmpeg, all
threads), ``cinemotion build --every 0.5`` and ``cinemotion build --keyframes``, each into a new
dataset, processes started from nothing. Ratios are of medians. Memory is measured in a run of its
own, since looking at it costs time: the peak of the summed proportional set sizes of the whole
process tree, sampled every 0.2 s, for the film and for the film joined with itself ``--long``
times, which is also timed once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from cinemotion import open_dataset
from common import compose_film, repeat_film, write_json
from measuring import decode, print_judged, run

# What is asked for: the figure must not be above (or below) this.
LIMITS = {
    "build_over_decode": ("at most", 1.25),
    "twice_build_over_decode": ("at most", 1.25),
    "long_build_over_decode": ("at most", 1.25),
    "keyframes_times_real_time": ("at least", 60.0),
    "share_of_samples_with_faces": ("at least", 0.5),
    "peak_mb": ("at most", 1500.0),
    "peak_growth": ("at most", 1.1),
}


def build(
    film: Path, folder: Path, *more: str, watch_memory: bool = False
) -> tuple[float, float, dict[str, Any]]:
    """Build into a new dataset; return wall seconds, peak memory in MB and the film's row."""
    out = folder / "dataset"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "cinemotion", "build", str(film), "--out", str(out)]
    wall, peak, output = run([*command, "--json", *more], watch_memory=watch_memory)
    return wall, peak, json.loads(output)["films"][0]


def share_with_faces(dataset: Path) -> float:
    """Of the frames looked at, the share that has a face."""
    frames = open_dataset(dataset).frames()
    looked = frames.filter(frames["outcome"] != "unchanged")
    return float((looked["outcome"] == "faces").mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path, nargs="?", help="default: one composed from the clips")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=10, help="0 leaves the memory comparison out")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = options.film or compose_film(folder / "film.mp4")
        twice = repeat_film(film, 2, folder / "twice.mp4")
        workers = ("--workers", options.workers)
        names = ("decode", "build", "keyframes", "twice_decode", "twice_build")
        walls: dict[str, list[float]] = {name: [] for name in names}
        row: dict[str, Any] = {}
        for _ in range(options.rounds):
            walls["decode"].append(decode(film))
            wall, _, row = build(film, folder, "--every", "0.5", *workers)
            walls["build"].append(wall)
            share = share_with_faces(folder / "dataset")
            walls["keyframes"].append(build(film, folder, "--keyframes", *workers)[0])
            walls["twice_decode"].append(decode(twice))
            walls["twice_build"].append(build(twice, folder, "--every", "0.5", *workers)[0])
        _, peak, _ = build(film, folder, "--every", "0.5", *workers, watch_memory=True)
        median = {key: statistics.median(values) for key, values in walls.items()}
        result = {
            "film_seconds": row["seconds"],
            "frames": row["frames"],
            "samples": row["samples"],
            "shots": row["shots"],
            "frames_skipped_as_unchanged": row["unchanged"],
            "wall_seconds": walls,
            "build_over_decode": median["build"] / median["decode"],
            "twice_build_over_decode": median["twice_build"] / median["twice_decode"],
            "keyframes_times_real_time": row["seconds"] / median["keyframes"],
            "share_of_samples_with_faces": share,
            "peak_mb": peak,
        }
        if options.long:
            long_film = repeat_film(film, options.long, folder / "long.mp4")
            _, long_peak, row = build(
                long_film, folder, "--every", "0.5", *workers, watch_memory=True
            )
            fragments = {
                p.name: len(list((p / "data").glob("*")))
                for p in (folder / "dataset").glob("*.lance")
            }
            keys, _, _ = build(long_film, folder, "--keyframes", *workers)
            walls["long_decode"] = [decode(long_film)]
            walls["long_build"] = [build(long_film, folder, "--every", "0.5", *workers)[0]]
            result |= {
                "long_build_over_decode": walls["long_build"][0] / walls["long_decode"][0],
                "long_film_seconds": row["seconds"],
                "long_peak_mb": long_peak,
                "peak_growth": long_peak / peak,
                "long_keyframes_times_real_time": row["seconds"] / keys,
                "long_data_files": fragments,
            }
    print_judged(LIMITS, result, walls)
    write_json(options.json, "throughput", result)


if __name__ == "__main__":
    main()
