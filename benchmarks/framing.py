"""How faces fill the pictures of FER2013, in the terms of ``faces/framing.py``.

    python benchmarks/framing.py [--pictures 400] [--json benchmarks/results/framing.json]

The pictures are enlarged and given an edge, so that the detector sees whole heads. The medians are
the margin and lift of the card of ``compact-v1``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from cinemotion.dataset.pictures import take_picture
from cinemotion.dataset.sources.registry import open_source
from cinemotion.faces.align import crop_matrix
from cinemotion.faces.detector import open_detector
from common import shared, write_json

SIDE, EDGE, LEAST = 192, 96, 80


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    source = open_source(shared() / "fer" / "train.parquet")
    names = source.names()
    chosen = np.random.default_rng(0).permutation(len(names))[: arguments.pictures]
    wanted = {names[i] for i in chosen}
    detector = open_detector("centerface", min_score=0.5)
    margins, centres = [], []
    for member in source.members(set(names) - wanted):
        image = cv2.resize(take_picture(member.data).image, (SIDE, SIDE))
        edged = cv2.copyMakeBorder(image, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_REPLICATE)
        [faces] = detector.detect([np.asarray(edged, np.uint8)])
        if not len(faces) or np.ptp(faces.boxes[0, ::2]) < LEAST:
            continue
        # At margin 1 the crop's scale tells the face's size.
        matrix = crop_matrix(faces.landmarks[0], faces.boxes[0], 1, 1.0)
        margins.append(SIDE * np.hypot(matrix[0, 0], matrix[0, 1]))
        points = faces.landmarks[0]
        centre = (points[:2].mean(axis=0) + points[3:].mean(axis=0)) / 2
        centres.append((centre - EDGE) / SIDE - 0.5)
    across, lift = np.median(centres, axis=0)
    result = {
        "pictures": arguments.pictures,
        "faces": len(margins),
        "margin": float(np.median(margins)),
        "margin_5_to_95": np.percentile(margins, (5, 95)).tolist(),
        "lift": float(lift),
        "aside": float(across),
    }
    for name, value in result.items():
        print(f"{name:16} {value}")
    write_json(arguments.json, "framing", result)


if __name__ == "__main__":
    main()
