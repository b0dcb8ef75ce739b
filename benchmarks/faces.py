"""Faces found on real frames, against a ground truth made by hand and eye.

    python benchmarks/faces.py [--json FILE] [--detectors centerface,yunet] [--misses FOLDER]

The truth (``benchmarks/truth/``) was made before any detector ran. A detection is right when
its IoU with a face is at least 0.5. Neutral, neither right nor wrong: doubtful faces that the
truth marks ``ignore``, and faces smaller than the row's limit. Faces are found as a build finds
them: bars off, scaled, detected, small ones left out. Intervals: 95 %, bootstrap over the clips
(2,000 draws, seeded), since the frames of one clip are alike.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.errors import WeightsError
from cinemotion.core.types import Film
from cinemotion.core.weights import fetch_weight
from cinemotion.flows.building.subjects import open_subject
from cinemotion.recipes import BuildRecipe, FaceSettings
from cinemotion.video.probe import probe
from cinemotion.video.reader import DecodedFrame, FilmReader
from common import ROOT, print_table, shared, write_json

INPUT = 512
AT_INPUT, IN_FILM = "≥ 20 px at the input", "≥ 40 px in the film"
Boxes = NDArray[np.float64]


@dataclass
class Frame:
    """A frame with its truth."""

    film: Film
    number: int
    decoded: DecodedFrame
    faces: Boxes
    ignored: Boxes


def read_truth() -> list[Frame]:
    """Decode the frames that the truth is about."""
    rows: dict[str, dict[int, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    with (ROOT / "benchmarks" / "truth" / "faces.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            rows[row["film"]][int(row["frame"])].append(row)
    frames = []
    for film, numbers in sorted(rows.items()):
        probed = probe(shared() / "footage" / film)
        with FilmReader(probed) as reader:
            for number, decoded in enumerate(reader):
                if number in numbers:
                    faces, ignored = _boxes(numbers[number])
                    frames.append(Frame(probed, number, decoded, faces, ignored))
    return frames


def _boxes(rows: list[dict[str, str]]) -> tuple[Boxes, Boxes]:
    boxes: dict[str, list[list[float]]] = {"0": [], "1": []}
    for row in rows:
        if row["x0"]:
            boxes[row["ignore"]].append([float(row[k]) for k in ("x0", "y0", "x1", "y1")])
    return np.array(boxes["0"]).reshape(-1, 4), np.array(boxes["1"]).reshape(-1, 4)


def overlap(a: Boxes, b: Boxes) -> tuple[Boxes, Boxes]:
    """IoU and the share of ``a`` inside ``b``: ``(len(a), len(b))`` each."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(-1)
    area = lambda x: (x[:, 2:] - x[:, :2]).prod(-1)  # noqa: E731
    return inter / (area(a)[:, None] + area(b)[None] - inter), inter / area(a)[:, None]


def score(frame: Frame, found: Boxes, counts: Callable[[Boxes], NDArray[np.bool_]]) -> list[int]:
    """True positives, faces that count, false positives of one frame."""
    iou, _ = overlap(found, frame.faces)
    taken: set[int] = set()
    matched = np.full(len(found), -1)
    for i in range(len(found)):  # best score first
        best = max(
            (j for j in range(len(frame.faces)) if j not in taken),
            default=None,
            key=lambda j: iou[i, j],
        )
        if best is not None and iou[i, best] >= 0.5:
            taken.add(best)
            matched[i] = best
    relevant = counts(frame.faces)
    hits = sum(bool(relevant[j]) for j in taken)
    _, inside = overlap(found, frame.ignored)
    iou_ignored, _ = overlap(found, frame.ignored)
    neutral = (inside >= 0.5).any(1) | (iou_ignored >= 0.3).any(1)
    false = int(((matched < 0) & ~neutral).sum())
    return [hits, int(relevant.sum()), false]


def summarise(clips: NDArray[np.int64]) -> dict[str, float]:
    """Recall and precision with bootstrap intervals, from the counts of each clip."""

    def rates(rows: NDArray[np.int64]) -> tuple[float, float]:
        hits, faces, false = rows.sum(0)
        return hits / max(1, faces), hits / max(1, hits + false)

    chance = np.random.default_rng(0)
    draws = np.array(
        [rates(clips[chance.integers(0, len(clips), len(clips))]) for _ in range(2000)]
    )
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    recall, precision = rates(clips)
    return {
        "faces": int(clips[:, 1].sum()),
        "hits": int(clips[:, 0].sum()),
        "false": int(clips[:, 2].sum()),
        "recall": recall,
        "recall_low": low[0],
        "recall_high": high[0],
        "precision": precision,
        "precision_low": low[1],
        "precision_high": high[1],
    }


def measure(
    frames: list[Frame], recipe: BuildRecipe, about: str, misses: Path | None
) -> dict[str, float]:
    """Look at all frames as a build does and score on the faces that count."""
    subject = open_subject(recipe)
    clips: defaultdict[Path, list[list[int]]] = defaultdict(list)
    for frame in frames:
        samples = subject.look(frame.decoded, frame.film).samples
        found = np.array([sample.box for sample in samples], np.float64).reshape(-1, 4)
        shrink = min(1.0, INPUT / max(frame.film.size))
        limit = 20 / shrink if about == AT_INPUT else 40.0
        counts = score(frame, found, lambda boxes, limit=limit: sizes(boxes) >= limit)
        clips[frame.film.path].append(counts)
        if misses:
            draw(misses, recipe.faces.detector, frame, found, counts)
    return summarise(np.array([np.sum(rows, axis=0) for rows in clips.values()]))


def main() -> None:
    """Measure every detector at one and at two scales, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--detectors", default="centerface,centerface-float,yunet")
    parser.add_argument("--min-score", type=float, default=0.5)
    parser.add_argument("--misses", type=Path, default=None, help="draw frames with mistakes here")
    options = parser.parse_args()
    frames = read_truth()
    result = []
    for name in options.detectors.split(","):
        for scales, about in (((1.0,), AT_INPUT), ((1.0, 2.0), IN_FILM)):
            try:
                fetch_weight(name)
            except WeightsError as error:
                print(f"{name} is left out: {error}")
                break
            misses = options.misses if about == AT_INPUT else None
            faces = FaceSettings(detector=name, min_score=options.min_score, scales=scales)
            scores = measure(frames, BuildRecipe(faces=faces), about, misses)
            result.append({"detector": name, "scales": scales, "counted": about, **scores})
    total = sum(len(frame.faces) for frame in frames)
    print(f"{len(frames)} frames, {total} faces, IoU ≥ 0.5, score ≥ {options.min_score}")
    head = [
        "detector",
        "scales",
        "faces that count",
        "n",
        "recall (95 %)",
        "precision (95 %)",
        "false",
    ]
    print_table(head, [row(entry) for entry in result])
    write_json(options.json, "faces", result)


def row(entry: dict[str, Any]) -> list[Any]:
    """A line of the table."""
    scales = " + ".join(f"{scale:g} ×" for scale in entry["scales"])
    rates = [
        f"{entry[k]:.3f} ({entry[f'{k}_low']:.3f}-{entry[f'{k}_high']:.3f})"
        for k in ("recall", "precision")
    ]
    return [entry["detector"], scales, entry["counted"], entry["faces"], *rates, entry["false"]]


def sizes(boxes: Boxes) -> NDArray[np.float64]:
    """The size of a box: root of its area, pixels."""
    return np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(-1))


def draw(folder: Path, name: str, frame: Frame, found: Boxes, scored: list[int]) -> None:
    """Draw a frame with mistakes: truth green, ignored grey, found red."""
    if scored[0] == scored[1] and scored[2] == 0:
        return
    folder.mkdir(parents=True, exist_ok=True)
    picture = cv2.cvtColor(frame.decoded.rgb(), cv2.COLOR_RGB2BGR)
    for boxes, colour in (
        (frame.ignored, (160, 160, 160)),
        (frame.faces, (0, 200, 0)),
        (found, (0, 0, 255)),
    ):
        for x0, y0, x1, y1 in boxes.astype(int):
            cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 1 + picture.shape[1] // 900)
    cv2.imwrite(str(folder / f"{name}-{frame.film.path.stem}-{frame.number:04}.jpg"), picture)


if __name__ == "__main__":
    main()
