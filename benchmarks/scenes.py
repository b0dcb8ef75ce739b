"""Are the scenes of composed films found, where every border is known by construction?

    python benchmarks/scenes.py [--seeds 3] [--json benchmarks/results/scenes.json]

Films are composed of camera positions out of the shared clips, in the patterns of conversations
(A B A B A B, A B C A B C A), of long takes (A), and of one scene that never comes back to a camera
position (the four shots of a concert). Each time a position is seen in another light, closer or
wider. A border counts as found only at its very cut. Real films are harder: here every scene has a
place of its own, and light changes little within it.
"""

from __future__ import annotations

import argparse
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from characters import SIZE, frames_of, graded
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.settings import AnalyzeRecipe, Scenes
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


def positions() -> dict[str, list[np.ndarray]]:
    """The frames of each camera position."""
    found = {}
    for name, firsts in POSITIONS.items():
        frames = frames_of(shared() / "footage" / f"{name}.mp4")
        for at, first in enumerate(firsts):
            last = firsts[at + 1] if at + 1 < len(firsts) else len(frames)
            found[f"{name} {at}"] = frames[first : min(last, first + 120)]
    return found


def compose(out: Path, seed: int) -> tuple[list[int], list[int]]:
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
    return write(out, scenes, rng)


def write(
    out: Path, scenes: list[list[list[np.ndarray]]], rng: np.random.Generator
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
                    "gamma": rng.uniform(0.9, 1.1),
                    "contrast": rng.uniform(0.95, 1.05),
                    "colour": rng.uniform(0.95, 1.05, 3),
                    "zoom": rng.uniform(0.95, 1.2),
                }
                for frame in frames:
                    picture = av.VideoFrame.from_ndarray(graded(frame, look), "rgb24")
                    picture.pts = at
                    film.mux(stream.encode(picture))
                    at += 1
        film.mux(stream.encode())
    return cuts, borders


def scored(way: str, found: set[int], true: set[int]) -> dict[str, Any]:
    """Borders found, of those that there are; the film's own beginning is none."""
    found, true = found - {0}, true - {0}
    hits = len(found & true)
    recall, precision = hits / max(1, len(true)), hits / max(1, len(found))
    return {
        "way": way,
        "borders": len(true),
        "found": len(found),
        "recall": recall,
        "precision": precision,
        "F1": 2 * recall * precision / max(1e-9, recall + precision),
    }


def main() -> None:
    """Compose, analyse, score."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    ways = {
        "as shipped": AnalyzeRecipe(),
        "colours alone": AnalyzeRecipe(scenes=Scenes(company=0)),
        "short scenes kept": AnalyzeRecipe(scenes=Scenes(least_seconds=0)),
        "limit 7": AnalyzeRecipe(scenes=Scenes(limit=7)),
        "limit 28": AnalyzeRecipe(scenes=Scenes(limit=28)),
    }
    rows = []
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            cuts, borders = compose(Path(folder) / "film.mp4", seed)
            true = set(borders)
            for way, recipe in ways.items():
                [analysis] = analyze(
                    Path(folder) / "film.mp4", Path(folder) / "report", recipe=recipe
                )
                starts = analysis.seen.shots["start_frame"].to_list()
                found = {starts[scene.first] for scene in analysis.scenes or []}
                rows.append({"seed": seed, **scored(way, found, true)})
            rows.append({"seed": seed, **scored("every cut is a border", set(cuts), true)})
    means = []
    for way in dict.fromkeys(row["way"] for row in rows):
        mine = [row for row in rows if row["way"] == way]
        sums = {name: sum(row[name] for row in mine) for name in ("borders", "found")}
        hits = sum(row["recall"] * row["borders"] for row in mine)
        recall, precision = hits / sums["borders"], hits / max(1, sums["found"])
        f1 = 2 * recall * precision / max(1e-9, recall + precision)
        means.append({"way": way, **sums, "recall": recall, "precision": precision, "F1": f1})
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    print()
    print_table(list(means[0]), [list(row.values()) for row in means])
    write_json(arguments.json, "scenes", {"films": rows, "together": means})


if __name__ == "__main__":
    main()
