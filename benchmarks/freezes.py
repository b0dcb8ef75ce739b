"""One hundred freezes of the same content under all kinds of circumstances: one version id.

python benchmarks/freezes.py [--freezes N] [--json FILE]

Two drawn films are built and a zip of class folders is imported, labelled by three annotators,
rid of twins, split and frozen. From freeze to freeze change: the order of the films, of the zip's
members and of the votes; which of films and zip comes first; the number of worker processes and
of Polars' threads; locale, time zone and hash seed; the folder; the tag and the message; and
whether the tables are compacted before. Every freeze is a process of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import print_table, write_json

WORKERS = (0, 1, 2, 3)
THREADS = (1, 2, 4)
ZONES = ("UTC", "Asia/Kolkata", "America/St_Johns")
ANNOTATORS = ("anna", "ben", "chris")
CLASSES = ("HAPPY", "Sadness", "surprised", "zest")
CLIPS, FRAMES = 12, 4


def locales() -> list[str]:
    """The locales of this machine."""
    done = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True)
    return sorted(done.stdout.split())


def members() -> list[tuple[str, bytes]]:
    """Pictures of some clips with a few twins among them, as members of a zip."""
    found = []
    for clip in range(CLIPS):
        base = np.random.default_rng(clip).integers(0, 256, (8, 8, 3), np.uint8)
        for frame in range(FRAMES):
            image = np.kron(base, np.ones((6, 6, 1), np.uint8))
            if frame > 1:  # the first two of a clip stay twins
                image = np.roll(image, (clip + 5 * frame, 7 * frame), (0, 1))
            data = io.BytesIO()
            Image.fromarray(image).save(data, "PNG")
            name = CLASSES[clip % len(CLASSES)]
            found.append((f"{name}/{name}_{clip:02}_{frame:04}.png", data.getvalue()))
    return found


def circumstances(seed: int, known: list[str]) -> dict[str, Any]:
    """What one freeze is like; each value comes up in turn, in combinations of chance."""
    chance = random.Random(seed)
    return {
        "seed": seed,
        "locale": known[seed % len(known)],
        "workers": WORKERS[seed % len(WORKERS)],
        "threads": chance.choice(THREADS),
        "zone": chance.choice(ZONES),
        "hash_seed": chance.randrange(2**32),
        "films_first": chance.random() < 0.5,
        "compacted": seed % 2 == 1,
    }


def freeze_once(folder: Path, films: list[Path], how: dict[str, Any]) -> str:
    """Make a dataset under these circumstances, freeze it, and return the version's id."""
    folder.mkdir()
    pictures = members()
    random.Random(how["seed"]).shuffle(pictures)
    with zipfile.ZipFile(folder / "faces.zip", "w") as archive:
        for name, data in pictures:
            archive.writestr(name, data)
    environment = os.environ | {
        "PYTHONHASHSEED": str(how["hash_seed"]),
        "LC_ALL": how["locale"],
        "TZ": how["zone"],
        "POLARS_MAX_THREADS": str(how["threads"]),
    }
    command = [sys.executable, __file__, "--one", json.dumps(how), *map(str, films)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"a freeze failed: {done.stderr}")
    shutil.rmtree(folder)
    return str(json.loads(done.stdout.splitlines()[-1])["id"])


def one(how: dict[str, Any], films: list[str]) -> None:
    """Runs in a process of its own, in an empty folder with the zip in it."""
    import cinemotion
    from cinemotion.dataset.store import Store
    from cinemotion.dataset.votes import Vote, Votes
    from cinemotion.flows.curating.dedup import dedup
    from cinemotion.flows.importing.ingest import import_dataset
    from cinemotion.flows.splitting.split import split
    from cinemotion.flows.versions.freeze import freeze

    chance = random.Random(how["seed"])
    path = Path("a dataset") / str(how["seed"])
    chance.shuffle(films)
    recipe = cinemotion.BuildRecipe.model_validate({"sampling": {"every": 2.0}})
    steps = [
        lambda: cinemotion.build(films, path, recipe=recipe, workers=how["workers"]),
        lambda: import_dataset("faces.zip", path, rights="drawn by chance"),
    ]
    path.parent.mkdir()
    for step in steps if how["films_first"] else steps[::-1]:
        step()
    dataset = cinemotion.open_dataset(path)
    vote(Votes(path), sorted(dataset.samples()["id"]), chance, Vote)
    dedup(dataset)
    split(dataset)
    if how["compacted"]:
        Store.open(path).compact(0)
    tag = f"v{chance.randrange(1000)}"
    print(json.dumps({"id": freeze(path, tag=tag, message=f"message {chance.random()}").id}))


def vote(votes: Any, ids: list[str], chance: random.Random, kind: Any) -> None:
    """Three people vote on every third sample each, in an order and in batches of chance."""
    ballots = [
        kind(id, CLASSES[(i + k) % 2].casefold().replace("sadness", "sad"), name, count=1 + i % 3)
        for k, name in enumerate(ANNOTATORS)
        for i, id in enumerate(ids)
        if i % 3
    ]
    chance.shuffle(ballots)
    while ballots:
        size = chance.randint(1, len(ballots))
        votes.add(ballots[:size])
        ballots = ballots[size:]


def main() -> None:
    """Freeze and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--freezes", type=int, default=100)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("films", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(json.loads(options.one), options.films)
        return

    from cinemotion.flows.looking.demo import compose_demo_films

    start = time.perf_counter()
    known = locales()
    hows = [circumstances(seed, known) for seed in range(options.freezes)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        films = compose_demo_films(Path(folder))
        ids = list(
            pool.map(lambda how: freeze_once(Path(folder) / f"run{how['seed']}", films, how), hows)
        )
    seconds = time.perf_counter() - start
    rows = []
    for name in ("locale", "workers", "threads", "zone", "films_first", "compacted"):
        for value, count in sorted(Counter(how[name] for how in hows).items()):
            found = {id for id, how in zip(ids, hows, strict=True) if how[name] == value}
            rows.append([name, value, count, len(found)])
    print_table(["circumstance", "value", "freezes", "ids"], rows)
    print(f"{len(ids)} freezes, {len(set(ids))} version id: {' '.join(sorted(set(ids)))}")
    result = {"freezes": len(ids), "ids": sorted(set(ids)), "seconds": seconds, "rows": rows}
    write_json(options.json, "freezes", result)
    if len(set(ids)) > 1:
        sys.exit("equal contents got different ids")


if __name__ == "__main__":
    main()
