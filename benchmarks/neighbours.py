"""Group up to ten million hashes with planted neighbours: time, memory, recall.

    python benchmarks/neighbours.py [--sizes 100000 1000000 10000000] [--json OUT]

The hashes are drawn by chance. One in a hundred has a neighbour planted, 0 to 6 bits away; then
100,000 of them are made a clump, each up to 3 bits from its centre. Every size runs in a process
of its own, with and without the clump. faiss' fastest exact binary index that we found looks up a
part of the same hashes, on all cores as ours does.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinemotion.curate.groups import group_near
from cinemotion.curate.neighbours import Nearness
from common import print_table, write_json

NEAR = Nearness(phash=6, dhash=64)  # one hash alone, the harder case
CLUMP = 100_000
QUERIES = 20_000  # of the peer; the time is scaled up to all

Bits = NDArray[np.uint64]
Rows = NDArray[np.int64]


def flips(chance: np.random.Generator, counts: Rows) -> Bits:
    """Words with exactly so many bits set."""
    places = chance.random((len(counts), 64)).argsort(axis=1)[:, : int(counts.max(initial=0))]
    used = np.arange(places.shape[1]) < counts[:, None]
    return np.bitwise_or.reduce(
        np.where(used, np.uint64(1) << places.astype(np.uint64), np.uint64(0)), axis=1
    )


def draw(n: int, clump: int) -> tuple[Bits, Rows, Rows]:
    """Hashes, and the rows of the planted pairs."""
    chance = np.random.default_rng(n)
    hashes = chance.integers(0, 2**64, n, dtype=np.uint64)
    order = chance.permutation(n)
    one, other, members = np.split(order[: 2 * (n // 100) + clump], [n // 100, 2 * (n // 100)])
    hashes[other] = hashes[one] ^ flips(chance, np.arange(len(one)) % 7)
    if clump:
        hashes[members] = hashes[members[0]] ^ flips(chance, np.arange(clump) % 4)
    return hashes, one, other


def measure(n: int, clump: int) -> dict[str, Any]:
    """Group, in this process."""
    hashes, one, other = draw(n, clump)
    nothing = np.zeros_like(hashes)
    before = peak_mb()
    start = time.perf_counter()
    keeper = group_near(hashes, nothing, NEAR)
    return {
        "hashes": n,
        "clump": clump,
        "seconds": time.perf_counter() - start,
        "peak_mb": peak_mb(),
        "peak_mb_before": before,
        "recall": float(np.mean(keeper[one] == keeper[other])),
        "largest_group": int(np.bincount(keeper).max()),
    }


def measure_faiss(n: int) -> dict[str, Any]:
    """Range search of a part of the hashes in a multi-hash index, in this process."""
    import faiss

    hashes, one, _ = draw(n, 0)
    codes = hashes.view(np.uint8).reshape(n, 8)
    index = faiss.IndexBinaryMultiHash(64, 3, 21)  # one of three parts differs in 2 bits at most
    index.nflip = 2
    start = time.perf_counter()
    index.add(codes)
    built = time.perf_counter()
    asked = one[:QUERIES]
    limits, _, _ = index.range_search(codes[asked], NEAR.phash + 1)
    seconds = built - start + (time.perf_counter() - built) * n / len(asked)
    found = np.diff(limits.astype(np.int64)) > 1  # itself and another
    return {
        "hashes": n,
        "faiss_seconds": seconds,
        "recall": float(found.mean()),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(function: str, *arguments: int) -> dict[str, Any]:
    """Call one of the functions above in a fresh process."""
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import neighbours\n"
        f"print(json.dumps(neighbours.{function}(*map(int, sys.argv[2:]))))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**5, 10**6, 10**7])
    parser.add_argument("--json", type=Path, default=None, help="Also write the result here.")
    options = parser.parse_args()
    ours = []
    for n in options.sizes:
        for clump in (0, CLUMP):
            if 4 * clump <= n:
                ours.append(alone("measure", n, clump))
    print_table(list(ours[0]), [list(row.values()) for row in ours])
    plain = [row for row in ours if not row["clump"]]
    growth = [
        math.log(b["seconds"] / a["seconds"]) / math.log(b["hashes"] / a["hashes"])
        for a, b in pairwise(plain)
    ]
    print("time grows as n to the power of:", ", ".join(f"{power:.2f}" for power in growth))
    peer = [alone("measure_faiss", n) for n in options.sizes if n <= 10**6]
    print_table(list(peer[0]), [list(row.values()) for row in peer])
    write_json(options.json, "neighbours", {"ours": ours, "growth": growth, "faiss": peer})


if __name__ == "__main__":
    main()
