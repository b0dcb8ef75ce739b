"""Are the expressions of known clips read right, and is a change found when it comes?

    python benchmarks/arcs.py [--model NAME] [--json benchmarks/results/arcs.json]

Seven clips of acted expressions: is the film's dominant one the acted one? And a clip in which a
woman's face goes from sad to happy: do they fall and rise, and where is the largest change?
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from cinemotion.flows.analyzing.analyze import analyze
from cinemotion.flows.analyzing.settings import AnalyzeRecipe, People
from common import print_table, shared, write_json

ACTED = {
    "acted-angry": "angry",
    "acted-disgust": "disgust",
    "acted-fear": "fear",
    "acted-happy": "happy",
    "acted-neutral": "neutral",
    "acted-sadness": "sad",
    "acted-surprise": "surprise",
}

HEAD = ("clip", "acted", "shown most", "right", "share of the acted one")


def main() -> None:
    """Analyse and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="compact-v1")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recipe = AnalyzeRecipe(model=arguments.model, people=People(embedder="none"))
    folder = shared() / "footage"
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for clip, acted in ACTED.items():
            [found] = analyze(folder / f"{clip}.mp4", Path(work) / clip, recipe=recipe)
            shares = found.film.probabilities
            shown = found.film.dominant(found.classes)
            share = float(shares[found.classes.index(acted)])
            rows.append([clip, acted, shown, "yes" if shown == acted else "no", share])
        [found] = analyze(folder / "sad-to-happy.mp4", Path(work) / "change", recipe=recipe)
    print_table(HEAD, rows)
    right = sum(row[3] == "yes" for row in rows)
    arc = found.film.arc
    sad, happy = (arc.mean[:, found.classes.index(name)] for name in ("sad", "happy"))
    quarter = len(sad) // 4
    crossing = float(arc.seconds[np.argmax(happy > sad)])
    largest = max(found.film.turns, key=lambda turn: turn.change)
    change = {
        "sad, first and last quarter": [sad[:quarter].mean(), sad[-quarter:].mean()],
        "happy, first and last quarter": [happy[:quarter].mean(), happy[-quarter:].mean()],
        "happy passes sad at": crossing,
        "largest turning point at": largest.seconds,
        "turning points": [turn.seconds for turn in found.film.turns],
    }
    print(f"{right} of {len(rows)} right")
    for name, value in change.items():
        print(f"{name}: {np.round(value, 3)}")
    document = {
        "right": right,
        "clips": [
            dict(zip(("clip", "acted", "shown", "right", "share"), row, strict=True))
            for row in rows
        ],
        "sad-to-happy": {name: np.asarray(value).tolist() for name, value in change.items()},
    }
    write_json(arguments.json, "arcs", document)


if __name__ == "__main__":
    main()
