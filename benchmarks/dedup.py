"""FER2013 end to end: import, hashes and groups; and our hashes beside `imagehash`.

    python benchmarks/dedup.py [--json OUT]

Runs the commands that a user types on train and validation (32,299 pictures), and checks every
exact group against a brute force over the pixels that Pillow decodes. Hashes are compared on one
core, in one process, on the same decoded arrays.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import print_table, shared, write_json

PARTS = ("train", "validation")
ROUNDS = 3


def run(*arguments: object) -> tuple[float, str]:
    """Wall seconds and output of a command."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "cinemotion", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout


def end_to_end(folder: Path, out: Path) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    for part in PARTS:
        seconds[f"import {part}"], _ = run("import", folder / f"{part}.parquet", "--out", out)
    seconds["dedup"], text = run("dedup", out, "--json")
    report = json.loads(text)
    return {
        "seconds": seconds | {"together": sum(seconds.values())},
        **{name: report[name] for name in ("samples", "kept", "exact", "near")},
    }


def check_groups(out: Path) -> dict[str, int]:
    """Compare the groups of the dataset with pictures that are equal when Pillow decodes them."""
    from PIL import Image

    from cinemotion.dataset.dataset import open_dataset

    dataset = open_dataset(out)
    stills = dataset.table("stills", ["id", "image"])
    twins: dict[tuple[Any, bytes], list[str]] = defaultdict(list)
    for id, data in stills.iter_rows():
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        twins[picture.size, picture.tobytes()].append(id)
    keeper = dict(dataset.table("duplicates", ["id", "keeper"]).iter_rows())
    groups = [ids for ids in twins.values() if len(ids) > 1]
    found = sum(len({keeper.get(id, id) for id in ids}) == 1 for ids in groups)
    return {
        "groups": len(groups),
        "copies": sum(len(ids) - 1 for ids in groups),
        "groups_found": found,
    }


def compare_hashes(folder: Path) -> dict[str, Any]:
    """Our hashes and those of ``imagehash``, on the same decoded pictures and one core."""
    import imagehash
    import numpy as np
    import pyarrow.parquet as pq
    from PIL import Image

    from cinemotion.curate.hashes import dhash, fingerprint, phash

    rows = [
        row
        for part in PARTS
        for row in pq.read_table(folder / f"{part}.parquet", columns=["id", "image"]).to_pylist()
    ]
    peers = [Image.open(io.BytesIO(row["image"])).convert("RGB") for row in rows]
    images = [np.asarray(peer) for peer in peers]
    theirs, slow = timed(lambda: [(imagehash.phash(p), imagehash.dhash(p)) for p in peers])
    ours, fast = timed(lambda: (phash(images), dhash(images)))
    _, whole = timed(lambda: fingerprint(images))
    result: dict[str, Any] = {
        "images": len(rows),
        "images_per_second": {
            "imagehash, pHash and dHash": len(rows) / slow,
            "ours, pHash and dHash": len(rows) / fast,
            "ours, with SHA-256 of the pixels and blank test": len(rows) / whole,
        },
        "times_faster": slow / fast,
    }
    for at, name in enumerate(("phash", "dhash")):
        expected = np.array([int(str(pair[at]), 16) for pair in theirs], np.uint64)
        differ = np.flatnonzero(expected != ours[at])
        result[f"{name}_equal"] = 1 - len(differ) / len(rows)
        result[f"{name}_differs_in"] = [rows[row]["id"] for row in differ[:20]]
    return result


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the seconds of the fastest of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def on_one_core(folder: Path) -> dict[str, Any]:
    """Compare the hashes in a process that has one core from its start."""
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "import json, sys, pathlib; sys.path.insert(0, sys.argv[1]); import dedup\n"
        "print(json.dumps(dedup.compare_hashes(pathlib.Path(sys.argv[2]))))"
    )
    here = Path(__file__).parent
    command = [sys.executable, "-c", code, str(here), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="Also write the result here.")
    options = parser.parse_args()
    folder = shared() / "fer"
    hashes = on_one_core(folder)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "fer"
        whole = end_to_end(folder, out)
        exact = check_groups(out)
    result = {"cores": len(os.sched_getaffinity(0)), "hashes": hashes, **whole, "check": exact}
    rows = [[f"{name}, s", seconds] for name, seconds in whole["seconds"].items()]
    rows += [[f"{name}, images/s", round(v)] for name, v in hashes["images_per_second"].items()]
    rows += [
        ["times faster than imagehash", hashes["times_faster"]],
        ["images with equal pHash bits", hashes["phash_equal"]],
        ["images with equal dHash bits", hashes["dhash_equal"]],
        ["exact groups by brute force", exact["groups"]],
        ["exact groups found", exact["groups_found"]],
        ["near groups", whole["near"]["groups"]],
        ["kept", f"{whole['kept']} of {whole['samples']}"],
    ]
    print_table(["what", "value"], rows)
    write_json(options.json, "dedup", result)


if __name__ == "__main__":
    main()
