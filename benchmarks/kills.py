"""Kill a build with SIGKILL at random moments, restart it, and compare with an undisturbed one.

    python benchmarks/kills.py [FILM] [--kills 20] [--seed 0] [--json FILE]

The moments are drawn over the time that an undisturbed build takes, so that all its phases are
hit. Only the command's own process is killed; its workers have to notice and end by themselves.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from cinemotion import open_dataset
from common import print_table, shared, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path, nargs="*", help="default: five of the shared clips")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    names = "concert anamorphic-sar-16-11 family-dinner silent-film multi-shot-720p"
    films = options.film or [shared() / "footage" / f"{name}.mp4" for name in names.split()]
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        subprocess.run(command(films, folder / "calm"), check=True, capture_output=True)
        seconds = time.perf_counter() - start
        killed = finished = 0
        progress = []
        while killed < options.kills:
            process = subprocess.Popen(command(films, folder / "hit"), stdout=subprocess.DEVNULL)
            try:
                process.wait(timeout=chance.uniform(0.1, seconds))
                finished += 1  # it was done before the blow; begin another dataset
                compare(folder, "hit")
                (folder / "hit").rename(folder / f"done-{finished}")
            except subprocess.TimeoutExpired:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                process.wait()
                killed += 1
                _, alive = psutil.wait_procs(children, timeout=10)
                if alive:
                    sys.exit(f"workers outlived their parent: {alive}")
                progress.append(committed(folder / "hit"))
        subprocess.run(command(films, folder / "hit"), check=True, capture_output=True)
        compare(folder, "hit")
    result = {
        "kills": killed,
        "builds_finished_between": finished,
        "undisturbed_seconds": seconds,
        "segments_committed_at_each_kill": progress,
        "rows_equal": True,
    }
    print_table(["what", "value"], [[k, str(v)] for k, v in result.items()])
    write_json(options.json, "kills", result)


def command(films: list[Path], out: Path) -> list[str]:
    return [sys.executable, "-m", "cinemotion", "build", *map(str, films), "--out", str(out)]


def committed(path: Path) -> int:
    """How many segments the dataset holds."""
    if not (path / "cinemotion.json").exists():
        return 0
    return open_dataset(path).store.read("segments", ["segment"]).num_rows


def compare(folder: Path, name: str) -> None:
    """End the script unless both datasets hold the same rows, in the same order."""
    calm, hit = open_dataset(folder / "calm"), open_dataset(folder / name)
    for what in ("samples", "frames", "shots"):
        if not getattr(calm, what)().equals(getattr(hit, what)(), null_equal=True):
            sys.exit(f"the {what} differ after the kills")
    ids = calm.samples()["id"].to_list()
    same = zip(calm.images(ids), hit.images(ids), strict=True)
    if not all((a == b).all() for a, b in same):
        sys.exit("the crops differ after the kills")


if __name__ == "__main__":
    main()
