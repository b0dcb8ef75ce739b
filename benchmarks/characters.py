"""How well tracks are grouped into people, where the truth is known by construction.

    python benchmarks/characters.py [--json benchmarks/results/characters.json]

Two kinds of film are composed, each from disjoint stretches of the footage in an order drawn by
chance, every stretch graded anew (light, contrast, colour, size), so that who is in which shot is
known: ``portraits`` of clips with one person each, and ``mixed``, with the dinner, the station and
the concert among them, where ``truth/tracks.csv`` says who is where. Scored are the adjusted Rand
index over the faces that were found and have a truth, where each unknown one counts as a person of
its own, and pairwise precision and recall; tracks that cross a cut are counted too.
"""

from __future__ import annotations

import argparse
import tempfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from cinemotion.flows.analyzing.analyze import analyze
from common import print_table, shared, write_json
from composed import Place, score_views
from composed import compose as compose_mixed
from trackscores import counted, crossings, pair_scores, pairs_of, rand_index

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


def portraits(out: Path, seed: int) -> list[Place]:
    """The film of one person a shot, as places."""
    truth = compose(out, seed)
    ends = [start for start, _ in truth[1:]] + [10**9]
    return [Place(name, start, end) for (start, name), end in zip(truth, ends, strict=True)]


FILMS = {"portraits": portraits, "mixed": compose_mixed}


def measure(film: str, seed: int) -> dict[str, Any]:
    """Compose, analyse, score."""
    with tempfile.TemporaryDirectory() as folder:
        places = FILMS[film](Path(folder) / "film.mp4", seed)
        [found] = analyze(Path(folder) / "film.mp4", Path(folder) / "report")
    faces = found.seen.faces
    character = dict(found.tracks.select("track", "character").iter_rows())
    views = [counted(view) for view in score_views(places, faces, character)]
    true, said = pairs_of(views)
    precision, recall = pair_scores(true, said)
    return {
        "film": film,
        "seed": seed,
        "shots": len(places),
        "shots found": found.seen.shots.height,
        "tracks": len(character),
        "across a cut": crossings(
            faces["track"].to_list(),
            faces["frame"].to_list(),
            [place.start for place in places[1:]],
        ),
        "people": len(set(true)),
        "characters": len(found.people),
        "faces": len(true),
        "unknown": sum(one is None for one in said) / max(1, len(said)),
        "ARI": rand_index(true, said),
        "pair precision": precision,
        "pair recall": recall,
    }


def main() -> None:
    """Measure all films and seeds, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", default=",".join(FILMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [
        measure(film, seed)
        for film in arguments.films.split(",")
        for seed in range(arguments.seeds)
    ]
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    write_json(arguments.json, "characters", rows)


if __name__ == "__main__":
    main()
