"""Tracks and people of an analysis, against boxes with names made by eye.

    python benchmarks/tracks.py [--json FILE] [--every 0.2,0.5] [--mistakes FOLDER]

The truth is ``benchmarks/truth/tracks.csv``. A clip is analysed as ``cinemotion analyze`` does;
scored are the sampled frames that have a truth. A true track is one person in one shot, as tracks
never cross a cut on purpose; a true character is one person in the whole clip. Who belongs to no
character is an error. ``--mistakes`` draws every frame with a mistake: the truth green, what was
found with its track and character, in red where it is wrong.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.settings import AnalyzeRecipe
from cinemotion.recipes import Sampling
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from common import ROOT, print_table, shared, write_json
from trackscores import View, counted, crossings, matched, pairs_of, rand_index, track_scores

CUTS = {"concert.mp4": (20, 82, 211)}
"""The first frames of the shots but the first, of the clips of the truth that have a cut."""

FAST, BUILD = 0.2, 0.5
"""Seconds between samples: an analysis' default, and a build's."""


@dataclass
class Truth:
    """Of one frame: who is where, and where nothing is said."""

    frame: int
    names: list[str]
    boxes: list[list[float]]
    ignored: list[list[float]]


def read_tracks() -> dict[str, dict[int, Truth]]:
    """The truth by film and presentation time."""
    films: dict[str, dict[int, Truth]] = defaultdict(dict)
    with (ROOT / "benchmarks" / "truth" / "tracks.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            fresh = Truth(int(row["frame"]), [], [], [])
            truth = films[row["film"]].setdefault(int(row["pts"]), fresh)
            box = [float(row[side]) for side in ("x0", "y0", "x1", "y1")]
            if row["ignore"] == "1":
                truth.ignored.append(box)
            else:
                truth.names.append(row["person"])
                truth.boxes.append(box)
    return dict(films)


def look(film: str, every: float, folder: Path) -> Analysis:
    """Analyse a clip."""
    bare = AnalyzeRecipe()
    build = bare.build.model_copy(update={"sampling": Sampling(every=every)})
    recipe = bare.model_copy(update={"build": build})
    [found] = analyze(shared() / "footage" / film, folder, recipe=recipe)
    return found


def views(found: Analysis, truth: dict[int, Truth], *, people: bool) -> dict[int, View]:
    """What was found in the sampled frames that have a truth, by presentation time.

    Args:
        found: The analysis.
        truth: Of its film.
        people: Whether faces are named by character, or by track; the truth by person, or by
            person and shot.
    """
    cuts = CUTS.get(found.footage.path.name, ())
    character = dict(found.tracks.select("track", "character").iter_rows())
    faces = found.seen.faces
    out = {}
    for pts in found.seen.frames["pts"].to_list():
        if pts in truth:
            true, here = truth[pts], faces.filter(faces["pts"] == pts)
            shot = sum(true.frame >= cut for cut in cuts)
            numbers = here["track"].to_list()
            out[pts] = View(
                names=true.names if people else [(name, shot) for name in true.names],
                boxes=np.array(true.boxes, float).reshape(-1, 4),
                ignored=np.array(true.ignored, float).reshape(-1, 4),
                numbers=[character[number] for number in numbers] if people else numbers,
                found=np.array(here["box"].to_list(), float).reshape(-1, 4),
            )
    return out


def measure(
    film: str, every: float, truth: dict[int, Truth], mistakes: Path | None
) -> dict[str, Any]:
    """Analyse and score one clip; the scores by name."""
    with tempfile.TemporaryDirectory() as folder:
        found = look(film, every, Path(folder))
    tracks, people = views(found, truth, people=False), views(found, truth, people=True)
    scores = track_scores(list(tracks.values()))
    named = track_scores(list(people.values()))
    true, said = pairs_of([counted(view) for view in people.values()])
    faces = found.seen.faces
    if mistakes:
        draw(mistakes / f"{Path(film).stem}-{every:g}", found, truth, tracks, people)
    return {
        "film": film,
        "every": every,
        "frames": len(tracks),
        "people": len({name for view in people.values() for name in view.names}),
        "tracks": faces["track"].n_unique(),
        **scores,
        "across a cut": crossings(
            faces["track"].to_list(), faces["frame"].to_list(), CUTS.get(film, ())
        ),
        "characters": len(found.people),
        "character IDF1": named["IDF1"],
        "character ARI": rand_index(true, said),
        "faces unknown": sum(one is None for one in said) / max(1, len(said)),
    }


def draw(
    folder: Path,
    found: Analysis,
    truth: dict[int, Truth],
    tracks: dict[int, View],
    people: dict[int, View],
) -> None:
    """Draw the frames with a mistake: a face missed, false, or of another track than before."""
    folder.mkdir(parents=True, exist_ok=True)
    before: dict[Any, Any] = {}
    with FilmReader(probe(found.footage.path)) as reader:
        for decoded in reader:
            pts = decoded.time.pts
            if pts not in tracks:
                continue
            view = counted(tracks[pts])
            named = counted(people[pts])
            of = matched(view)
            missed = [at for at in range(len(view.names)) if at not in of]
            other = [
                at
                for at, true in enumerate(of)
                if true < 0
                or before.setdefault(view.names[true], view.numbers[at]) != view.numbers[at]
                or named.numbers[at] is None
            ]
            if missed or other:
                picture = cv2.cvtColor(decoded.rgb(), cv2.COLOR_RGB2BGR)
                for at, box in enumerate(view.boxes):
                    label = str(people[pts].names[at])
                    frame(picture, box, label, (0, 200, 255) if at in missed else (0, 200, 0), 12)
                for at, box in enumerate(view.found):
                    label = f"{view.numbers[at]} {named.numbers[at] or '?'}"
                    frame(picture, box, label, (0, 0, 255) if at in other else (255, 160, 0), -4)
                for box in view.ignored:
                    frame(picture, box, "", (150, 150, 150), 0)
                cv2.imwrite(str(folder / f"{truth[pts].frame:04}.png"), picture)


def frame(picture: Any, box: Any, label: str, colour: tuple[int, int, int], shift: int) -> None:
    """Draw a box and its name below its upper edge, or above it."""
    x0, y0, x1, y1 = (int(value) for value in box)
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 1)
    place = (x0 + 1, max(10, (y1 if shift > 0 else y0) + shift))
    cv2.putText(picture, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1)


def main() -> None:
    """Measure all clips at all rates, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--every", default=f"{FAST},{BUILD}")
    parser.add_argument(
        "--mistakes", type=Path, default=None, help="draw frames with mistakes here"
    )
    options = parser.parse_args()
    rows = [
        measure(film, float(every), truth, options.mistakes)
        for every in options.every.split(",")
        for film, truth in read_tracks().items()
    ]
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    write_json(options.json, "tracks", rows)


if __name__ == "__main__":
    main()
