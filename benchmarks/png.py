"""PNG encoders side by side, on crops of the demo's portraits.

python benchmarks/png.py [--json FILE]
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from cinemotion.core.types import Image
from cinemotion.dataset.png import encode_png
from cinemotion.flows.looking.demo import portraits
from common import print_table, write_json

ROUNDS = 7


def crops() -> list[Image]:
    """Forty crops of 224 px from both portraits, at several sizes."""
    chance = np.random.default_rng(0)
    made = []
    for portrait in portraits():
        for _ in range(20):
            side = int(chance.integers(120, 400))
            y, x = (int(chance.integers(0, n - side)) for n in portrait.shape[:2])
            made.append(cv2.resize(portrait[y : y + side, x : x + side], (224, 224)))
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    cv2.setNumThreads(1)

    def opencv(*settings: int) -> Callable[[Image], int]:
        return lambda image: len(cv2.imencode(".png", image, settings)[1])

    def pillow(image: Image) -> int:
        file = io.BytesIO()
        Pillow.fromarray(image).save(file, "PNG", compress_level=1)
        return file.tell()

    level = (cv2.IMWRITE_PNG_COMPRESSION, 1)
    fast = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
    up = (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
    encoders: dict[str, Callable[[Image], int]] = {
        "cinemotion (isal)": lambda image: len(encode_png(image)),
        "OpenCV, level 1": opencv(*level),
        "OpenCV, level 1, one filter, run lengths": opencv(*level, *fast, *up),
        "Pillow, level 1": pillow,
    }
    images = crops()
    best = dict.fromkeys(encoders, float("inf"))
    sizes = {}
    for _ in range(ROUNDS):
        for name, encode in encoders.items():
            start = time.perf_counter()
            sizes[name] = sum(encode(image) for image in images) / len(images)
            best[name] = min(best[name], (time.perf_counter() - start) / len(images))
    rows = [[name, best[name] * 1000, sizes[name] / 1000] for name in encoders]
    print_table(["encoder", "ms a crop (best round)", "kB a crop"], rows)
    write_json(options.json, "png", rows)


if __name__ == "__main__":
    main()
