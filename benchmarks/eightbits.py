"""CenterFace in whole numbers of eight bits beside floating point: time and answers.

    python benchmarks/eightbits.py [--ranges] [--json FILE]

Same pictures, one thread, in turns. Faces of one network are matched with those of the other:
how far the corners of boxes and the landmarks lie apart, as a share of the face's width. Beside
it, how far the float network's own answers move when five rows and columns of the picture are cut
off. ``--ranges`` measures the ranges of the activations anew, on every 25th frame of the footage
from the 12th (the hand-made truth is about those from the 0th), and writes them into the package.
What both find of the truth: ``benchmarks/faces.py``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cinemotion.core.eightbits import measure_ranges
from cinemotion.core.types import Faces, Floats, Image
from cinemotion.core.weights import fetch_weight
from cinemotion.faces.canvas import to_canvas
from cinemotion.faces.centerface import free_shape
from cinemotion.faces.detector import open_detector
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from common import ROOT, print_table, shared, write_json

RANGES = ROOT / "src" / "cinemotion" / "faces" / "centerface-ranges.json"
EVERY, FROM = 25, 12
CUT = 5  # pixels


def pictures(first: int) -> Iterator[Image]:
    """Every 25th frame of the footage from the given one, whole."""
    for path in sorted((shared() / "footage").glob("*.mp4")):
        with FilmReader(probe(path)) as reader:
            for number, frame in enumerate(reader):
                if number % EVERY == first:
                    yield frame.rgb()


def canvases() -> Iterator[Floats]:
    """The pictures that ranges are measured on, as they go into the network."""
    for image in pictures(FROM):
        canvas, _ = to_canvas(image, 512)
        yield canvas.transpose(2, 0, 1)[None].astype(np.float32)


def apart(some: Faces, others: Faces, shift: int = 0) -> tuple[Floats, Floats, int]:
    """Distances of boxes and landmarks, in widths of the face, and how many faces are matched."""
    boxes, points = [], []
    for i in range(len(some)):
        width = some.boxes[i, 2] - some.boxes[i, 0]
        edges = np.abs(others.boxes + shift - some.boxes[i]).max(axis=1, initial=0)
        if len(others) == 0 or edges.min() > width / 2:
            continue
        j = int(edges.argmin())
        away = others.landmarks[j] + shift - some.landmarks[i]
        boxes.append(edges[j] / width)
        points.append(np.linalg.norm(away, axis=1).mean() / width)
    return np.array(boxes, np.float32), np.array(points, np.float32), len(boxes)


def compared(images: Iterator[Image]) -> dict[str, Any]:
    """Times and distances of the two networks."""
    networks = {
        "float": open_detector("centerface-float", min_score=0.5),
        "eight bits": open_detector("centerface", min_score=0.5),
    }
    times: dict[str, list[float]] = {name: [] for name in networks}
    pairs: dict[str, list[tuple[Floats, Floats, int]]] = {"eight bits": [], "cut": []}
    faces = {"float": 0, "eight bits": 0, "cut": 0}
    for image in images:
        found = {}
        for name, network in networks.items():
            start = time.perf_counter()
            [found[name]] = network.detect([image])
            times[name].append(time.perf_counter() - start)
        [found["cut"]] = networks["float"].detect([np.ascontiguousarray(image[CUT:, CUT:])])
        for name in faces:
            faces[name] += len(found[name])
        pairs["eight bits"].append(apart(found["float"], found["eight bits"]))
        pairs["cut"].append(apart(found["float"], found["cut"], CUT))
    out: dict[str, Any] = {"pictures": len(times["float"]), "faces": faces}
    out["ms"] = {name: 1e3 * statistics.median(values) for name, values in times.items()}
    for name, rows in pairs.items():
        for at, what in enumerate(("box", "landmarks")):
            values = np.concatenate([row[at] for row in rows])
            out[f"{name}: {what}"] = {
                "mean": float(values.mean()),
                "95 %": float(np.quantile(values, 0.95)),
            }
        out[f"{name}: matched"] = sum(row[2] for row in rows)
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranges", action="store_true")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    if options.ranges:
        found = measure_ranges(free_shape(fetch_weight("centerface")), canvases())
        lines = [f"{json.dumps(name)}: {json.dumps(ends)}" for name, ends in found.items()]
        RANGES.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print(
            f"ranges of {len(found)} tensors in {RANGES}; forget the prepared network to use them"
        )
        return
    result = compared(pictures(0))
    print_table(
        ["against the float network", "faces", "matched", "box", "95 %", "landmarks", "95 %"],
        [
            [
                label,
                result["faces"][name],
                result[f"{name}: matched"],
                *result[f"{name}: box"].values(),
                *result[f"{name}: landmarks"].values(),
            ]
            for name, label in (("eight bits", "in eight bits"), ("cut", "float, 5 px cut off"))
        ],
    )
    print_table(["network", "ms a picture"], [[k, v] for k, v in result["ms"].items()])
    write_json(options.json, "eightbits", result)


if __name__ == "__main__":
    main()
