"""Are the scenes of composed films found, where every border is known by construction?

    python benchmarks/scenes.py [--seeds 2] [--json benchmarks/results/scenes.json]

Films are composed of camera positions out of the shared clips, in the patterns of conversations
(A B A B A B, A B C A B C A), of long takes (A), and of one scene that never comes back to a camera
position (the four shots of a concert). Each time a position is seen in another light, closer or
wider: a little, as within one scene, somewhat, or much more than that. A border counts as found
only at its very cut. Real films are harder: here every scene has a place of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from characters import SIZE, frames_of
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.scening import find_scenes
from cinemotion.flows.analyzing.settings import Scenes
from common import print_table, shared, write_json

POSITIONS = {
    **{name: [0] for name in ("single-face", "sad-to-happy", "silent-film", "family-dinner")},
    **{f"acted-{name}": [0] for name in ("angry", "disgust", "fear", "happy", "sadness")},
    "station-crowd-1080p": [0],
    "thriller-vfr": [0],
    "anamorphic-sar-16-11": [0, 70, 170, 301, 421, 484],
}
"""Clips, and the first frames of those of their shots that are used as camera positions."""

CONCERT = (0, 20, 82, 211)  # the first frames of its shots
TALKS = ("ababab", "abcabca", "abacaba")
TAKES = 2  # scenes of one long shot
SHOT = (40, 60)  # frames of a shot, 25 a second
LONG = 240  # frames of a long take
CHANGES = {
    "little": 1.0,
    "some": 2.0,
    "much": 4.0,
}  # how much light and framing differ from shot to shot


def positions() -> dict[str, list[np.ndarray]]:
    """The frames of each camera position."""
    found = {}
    for name, firsts in POSITIONS.items():
        frames = frames_of(shared() / "footage" / f"{name}.mp4")
        for at, first in enumerate(firsts):
            last = firsts[at + 1] if at + 1 < len(firsts) else len(frames)
            found[f"{name} {at}"] = frames[first : min(last, first + 120)]
    return found


def compose(out: Path, seed: int, change: float) -> tuple[list[int], list[int]]:
    """Write a film; the first frames of its shots and of its scenes."""
    rng = np.random.default_rng(seed)
    places = positions()
    left = list(rng.permutation(list(places)))
    scenes: list[list[list[np.ndarray]]] = []
    while len(left) >= 3:
        pattern = TALKS[len(scenes) % len(TALKS)]
        cast = {each: places[left.pop()] for each in sorted(set(pattern))}
        used = dict.fromkeys(cast, 0)
        shots = []
        for each in pattern:
            count = int(rng.integers(*SHOT))
            frames = cast[each]
            # A position goes on where it was left, and begins anew at its end.
            shots.append([frames[(used[each] + i) % len(frames)] for i in range(count)])
            used[each] += count
        scenes.append(shots)
    for name in left[:TAKES]:
        frames = places[name]
        there_and_back = [*frames, *reversed(frames)]
        scenes.append([[there_and_back[i % len(there_and_back)] for i in range(LONG)]])
    concert = frames_of(shared() / "footage" / "concert.mp4")
    ends = [*CONCERT[1:], len(concert)]
    scenes.append([concert[a:b] for a, b in zip(CONCERT, ends, strict=True)])
    rng.shuffle(scenes)
    return write(out, scenes, rng, change)


def write(
    out: Path, scenes: list[list[list[np.ndarray]]], rng: np.random.Generator, change: float
) -> tuple[list[int], list[int]]:
    """Encode the shots one after the other, each in a light of its own."""
    cuts, borders, at = [], [], 0
    with av.open(str(out), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, 25)
        for shots in scenes:
            borders.append(at)
            for frames in shots:
                cuts.append(at)
                look: dict[str, Any] = {
                    "gamma": np.exp(change * rng.uniform(-0.1, 0.1)),
                    "contrast": np.exp(change * rng.uniform(-0.05, 0.05)),
                    "colour": np.exp(change * rng.uniform(-0.05, 0.05, 3)),
                    "zoom": np.exp(change * rng.uniform(0.0, 0.15)),
                }
                table = light(look)
                turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), 0, look["zoom"])
                for frame in frames:
                    image = cv2.warpAffine(cv2.LUT(frame, table), turn, SIZE)
                    picture = av.VideoFrame.from_ndarray(image, "rgb24")
                    picture.pts = at
                    film.mux(stream.encode(picture))
                    at += 1
        film.mux(stream.encode())
    return cuts, borders


def light(look: dict[str, Any]) -> np.ndarray:
    """What another light makes of each level of each channel: uint8 ``(1, 256, 3)``."""
    levels = (np.arange(256)[:, None] / 255) ** look["gamma"] * look["colour"]
    levels = (levels - 0.5) * look["contrast"] + 0.5
    return (np.clip(levels, 0, 1) * 255).astype(np.uint8)[None]


def scored(found: set[int], true: set[int]) -> dict[str, Any]:
    """Borders found, of those that there are; the film's own beginning is none."""
    found, true = found - {0}, true - {0}
    return shares(len(true), len(found), len(found & true))


def shares(borders: int, found: int, right: int) -> dict[str, Any]:
    """Recall, precision and their harmonic mean."""
    recall, precision = right / max(1, borders), right / max(1, found)
    f1 = 2 * recall * precision / max(1e-9, recall + precision)
    counts = {"borders": borders, "found": found, "right": right}
    return counts | {"recall": recall, "precision": precision, "F1": f1}


def main() -> None:
    """Compose, analyse, score."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    ways = {
        "as shipped": Scenes(),
        "colours alone": Scenes(company=0),
        "short scenes kept": Scenes(least_seconds=0),
        "limit 9": Scenes(limit=9),
        "limit 36": Scenes(limit=36),
    }
    rows = []
    for change, amount in CHANGES.items():
        for seed in range(arguments.seeds):
            with tempfile.TemporaryDirectory() as folder:
                cuts, borders = compose(Path(folder) / "film.mp4", seed, amount)
                [made] = analyze(Path(folder) / "film.mp4", Path(folder) / "report")
            starts = made.seen.shots["start_frame"].to_list()
            found = {"every cut is a border": set(cuts)}
            for way, rules in ways.items():
                scenes = find_scenes(made.seen, made.tracks, made.votes, rules) or []
                found[way] = {starts[scene.first] for scene in scenes}
            for way, starting in found.items():
                row = {"changes": change, "seed": seed, "way": way}
                rows.append(row | scored(starting, set(borders)))
    means = []
    for change in CHANGES:
        for way in dict.fromkeys(row["way"] for row in rows):
            mine = [row for row in rows if (row["changes"], row["way"]) == (change, way)]
            counts = {n: sum(row[n] for row in mine) for n in ("borders", "found", "right")}
            means.append({"changes": change, "way": way, **shares(**counts)})
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    print()
    print_table(list(means[0]), [list(row.values()) for row in means])
    write_json(arguments.json, "scenes", {"films": rows, "together": means})


if __name__ == "__main__":
    main()
