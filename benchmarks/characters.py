"""How well tracks are grouped into people, where the truth is known by construction.

    python benchmarks/characters.py [--json benchmarks/results/characters.json]

A film is composed that cuts between disjoint stretches of clips of one person each, every stretch
graded anew (light, contrast, colour, size) and in an order drawn by chance, so that who is in which
shot is known. Scored are the adjusted Rand index over tracks, where each unknown track counts as a
person of its own, and pairwise precision and recall; a track that crosses a cut is counted too.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from sklearn.metrics import adjusted_rand_score

from cinemotion.flows.analyzing.analyze import analyze
from common import print_table, shared, write_json

PEOPLE = (
    *("acted-angry", "acted-disgust", "acted-fear", "acted-happy", "acted-neutral"),
    *("acted-sadness", "acted-surprise", "sad-to-happy", "single-face"),
)
SIZE = (640, 480)
STRETCHES = 4  # of each clip
LEAST = 20  # frames of a stretch


def frames_of(path: Path) -> list[np.ndarray]:
    """The frames of a clip, fitted into the film's size."""
    found = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            image = frame.to_ndarray(format="rgb24")
            scale = min(SIZE[0] / image.shape[1], SIZE[1] / image.shape[0])
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            canvas = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            y, x = (SIZE[1] - small.shape[0]) // 2, (SIZE[0] - small.shape[1]) // 2
            canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
            found.append(canvas)
    return found


def graded(frame: np.ndarray, look: dict[str, Any]) -> np.ndarray:
    """A frame in another light, closer or wider."""
    pixels = (frame / 255.0) ** look["gamma"] * look["colour"]
    pixels = (pixels - 0.5) * look["contrast"] + 0.5
    image = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), 0, look["zoom"])
    return np.asarray(cv2.warpAffine(image, turn, SIZE))


def compose(out: Path, seed: int) -> list[tuple[int, str]]:
    """Write the film; the first frame of each shot, and who is in it."""
    rng = np.random.default_rng(seed)
    parts = []
    for name in PEOPLE:
        frames = frames_of(shared() / "footage" / f"{name}.mp4")
        borders = np.linspace(0, len(frames), STRETCHES + 1).astype(int)
        for a, b in pairwise(borders):
            if b - a >= LEAST:
                parts.append((name, frames[a : min(b, a + 75)]))
    order: list[int] = []
    left = list(rng.permutation(len(parts)))
    while left:  # no two shots of one person in a row: a cut between them could be none
        following = [at for at in left if not order or parts[at][0] != parts[order[-1]][0]] or left
        order.append(following[0])
        left.remove(following[0])
    truth, at = [], 0
    with av.open(str(out), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, 25)
        for place in order:
            name, frames = parts[place]
            look = {
                "gamma": rng.uniform(0.75, 1.4),
                "contrast": rng.uniform(0.8, 1.2),
                "colour": rng.uniform(0.85, 1.1, 3),
                "zoom": rng.uniform(0.8, 1.15),
            }
            truth.append((at, name))
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(graded(frame, look), "rgb24")
                picture.pts = at
                film.mux(stream.encode(picture))
                at += 1
        film.mux(stream.encode())
    return truth


def pairs(labels: list[Any]) -> Iterator[tuple[int, int]]:
    """Pairs of rows that have one label."""
    for a in range(len(labels)):
        for b in range(a):
            if labels[a] == labels[b]:
                yield a, b


def main() -> None:
    """Compose, analyse, score."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            truth = compose(Path(folder) / "film.mp4", seed)
            [found] = analyze(Path(folder) / "film.mp4", Path(folder) / "report")
            faces = found.seen.faces
        starts = np.array([start for start, _ in truth])
        names = [name for _, name in truth]
        of, crossing = [], 0
        for track in found.tracks["track"].to_list():
            frames = faces.filter(faces["track"] == track)["frame"].to_numpy()
            shots = np.unique(np.searchsorted(starts, frames, side="right") - 1)
            crossing += len(shots) > 1
            of.append(names[shots[0]])
        given = found.tracks["character"].to_list()
        given = [each or f"unknown {at}" for at, each in enumerate(given)]
        ours, theirs = set(pairs(given)), set(pairs(of))
        rows.append(
            {
                "seed": seed,
                "shots": len(truth),
                "shots found": found.seen.shots.height,
                "tracks": len(of),
                "people": len(set(names)),
                "characters": len(found.people),
                "unknown tracks": found.tracks["character"].null_count(),
                "tracks across a cut": crossing,
                "ARI": float(adjusted_rand_score(of, given)),
                "pair precision": len(ours & theirs) / max(1, len(ours)),
                "pair recall": len(ours & theirs) / max(1, len(theirs)),
            }
        )
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    write_json(arguments.json, "characters", rows)


if __name__ == "__main__":
    main()
