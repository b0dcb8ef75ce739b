"""What leaving the deblocking filter out of non-reference frames saves and costs.

python benchmarks/deblock.py [FILM ...] [--json FILE]

Both ways decode on one thread, in turns. PSNR is of the luma of every 12th frame that differs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from common import print_table, shared, write_json

ROUNDS, EVERY, FRAMES = 3, 12, 1000


def read(path: Path, *, deblock_all: bool) -> tuple[float, list[NDArray[np.uint8]]]:
    """CPU seconds to decode, and the luma of every 12th frame."""
    kept: list[NDArray[np.uint8]] = []
    start = time.process_time()
    with FilmReader(probe(path), deblock_all=deblock_all) as reader:
        for number, frame in zip(range(FRAMES), reader, strict=False):
            if number % EVERY == 0:
                kept.append(frame.luma(1).copy())
    return time.process_time() - start, kept


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", type=Path, nargs="*", help="default: four of the shared clips")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    clips = "family-dinner silent-film multi-shot-720p station-crowd-1080p"
    films = options.films or [shared() / "footage" / f"{name}.mp4" for name in clips.split()]
    rows = []
    for film in films:
        best = {True: float("inf"), False: float("inf")}
        pictures: dict[bool, list[NDArray[np.uint8]]] = {}
        for _ in range(ROUNDS):
            for way in best:
                seconds, pictures[way] = read(film, deblock_all=way)
                best[way] = min(best[way], seconds)
        errors = [
            float(np.mean((a.astype(np.float64) - b) ** 2))
            for a, b in zip(pictures[True], pictures[False], strict=True)
        ]
        changed = [10 * np.log10(255**2 / error) for error in errors if error]
        low = min(changed) if changed else None
        middle = float(np.median(changed)) if changed else None
        share = f"{len(changed)} of {len(errors)}"
        rows.append([film.name, best[False] / best[True], share, low, middle])
    head = ["film", "time over full", "frames that differ", "PSNR, least", "PSNR, median"]
    print_table(head, rows)
    write_json(options.json, "deblock", {"head": head, "rows": rows})


if __name__ == "__main__":
    main()
