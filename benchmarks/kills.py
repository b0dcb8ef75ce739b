"""Strike a build at random moments, restart it, and compare with an undisturbed one.

    python benchmarks/kills.py [FILM] [--kills 20] [--interrupts 5] [--workers-killed 5]

The moments are drawn over the time that an undisturbed build takes, so that all its phases are
hit. ``--kills``: SIGKILL to the command's own process (its workers have to notice and end by
themselves). ``--interrupts``: SIGINT, as Ctrl-C sends it. ``--workers-killed``: SIGKILL to one
worker; the build has to go on by itself.
"""

from __future__ import annotations

import argparse
import itertools
import random
import signal
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
    parser.add_argument("film", type=Path, nargs="*", help="default: three of the shared clips")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--interrupts", type=int, default=5)
    parser.add_argument("--workers-killed", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    names = "concert silent-film anamorphic-sar-16-11"
    films = options.film or [shared() / "footage" / f"{name}.mp4" for name in names.split()]
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        subprocess.run(command(films, folder / "calm"), check=True, capture_output=True)
        seconds = time.perf_counter() - start
        blows = ["kill"] * options.kills + ["interrupt"] * options.interrupts
        blows += ["kill a worker"] * options.workers_killed
        landed = dict.fromkeys(blows, 0)
        progress, number = [], itertools.count()
        while blows:
            process = subprocess.Popen(
                command(films, folder / "hit"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            try:
                process.wait(timeout=chance.uniform(0.1, seconds))
            except subprocess.TimeoutExpired:
                strike(process, blows[0], chance)
                landed[blows.pop(0)] += 1
                progress.append(committed(folder / "hit"))
            if process.returncode == 0:  # it is done: compare, and begin another dataset
                compare(folder, "hit")
                (folder / "hit").rename(folder / f"done-{next(number)}")
        subprocess.run(command(films, folder / "hit"), check=True, capture_output=True)
        compare(folder, "hit")
    result = {
        "blows": landed,
        "undisturbed_seconds": seconds,
        "segments_committed_at_each_kill": progress,
        "rows_equal": True,
    }
    print_table(["what", "value"], [[k, str(v)] for k, v in result.items()])
    write_json(options.json, "kills", result)


def strike(process: subprocess.Popen[bytes], blow: str, chance: random.Random) -> None:
    """Strike a running build, and end the script where it does not behave."""
    children = psutil.Process(process.pid).children(recursive=True)
    if blow == "kill a worker":
        if children:
            chance.choice(children).kill()
        _, errors = process.communicate()
        if process.returncode:
            sys.exit(f"a killed worker ended the build: {errors.decode()}")
        return
    process.send_signal(signal.SIGKILL if blow == "kill" else signal.SIGINT)
    _, errors = process.communicate()
    if blow == "interrupt" and (process.returncode not in (0, 130) or b"Traceback" in errors):
        sys.exit(f"Ctrl-C ended with {process.returncode}: {errors.decode()}")
    _, alive = psutil.wait_procs(children, timeout=10)
    if alive:
        sys.exit(f"workers outlived their parent: {alive}")


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
    for what in ("samples", "frames", "shots", "films"):
        left, right = getattr(calm, what)(), getattr(hit, what)()
        if not left.equals(right, null_equal=True):
            sys.exit(f"the {what} differ after the kills")
    ids = calm.samples()["id"].to_list()
    same = zip(calm.images(ids), hit.images(ids), strict=True)
    if not all((a == b).all() for a, b in same):
        sys.exit("the crops differ after the kills")


if __name__ == "__main__":
    main()
