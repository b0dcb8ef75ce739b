"""Where near twins end: pairs of pictures by the distance of their hashes, and what they are.

    python benchmarks/nearness.py [--json OUT]

Of FER2013 (train and validation), every pair of unequal pictures up to 10 bits of pHash apart:
how many there are, how many carry one label, and how many can be laid over each other. Of the
course's clips: how many frames near each other are of one clip and of two.
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cinemotion.core.types import Image
from cinemotion.curate.hashes import fingerprint
from cinemotion.dataset.images import decode_image
from common import print_table, shared, write_json

MOST = 10
EDGES = (0, 2, 4, 6, 8, 10, 12, 16, 64)  # bits of dHash: at most so many
LIMITS = ((4, 64), (6, 8), (6, 10), (6, 12), (8, 8), (8, 12), (10, 10))
SAMPLE = 150  # pairs of a cell that are laid over each other
ALIKE = 0.93  # correlation of two pictures of one photograph

Rows = NDArray[np.int64]


def fer_cells() -> tuple[list[dict[str, Any]], float]:
    """Figures by distance of both hashes, and how often two strangers carry one label."""
    folder = shared() / "fer"
    parts = [pq.read_table(folder / f"{part}.parquet") for part in ("train", "validation")]
    table = pa.concat_tables([part.select(["image", "fer2013"]) for part in parts])
    images = [decode_image(data) for data in table["image"].to_pylist()]
    labels = np.array(table["fer2013"].to_pylist(), object)
    prints = fingerprint(images)
    _, rows = np.unique(prints.pixels, return_index=True)
    i, j = close_pairs(prints.phash[rows])
    i, j = rows[i], rows[j]
    phash = np.bitwise_count(prints.phash[i] ^ prints.phash[j])
    dhash = np.bitwise_count(prints.dhash[i] ^ prints.dhash[j])
    cells = []
    for bits in range(0, MOST + 1, 2):  # pHash distances are even
        for low, high in zip((-1, *EDGES), EDGES, strict=False):
            at = np.flatnonzero((phash == bits) & (dhash > low) & (dhash <= high))
            known = at[(labels[i[at]] != None) & (labels[j[at]] != None)]  # noqa: E711 (elementwise)
            some = np.random.default_rng(0).permutation(at)[:SAMPLE]
            laid = [correlation(images[i[n]], images[j[n]]) > ALIKE for n in some]
            cells.append(
                {
                    "phash": bits,
                    "dhash": f"{low + 1}-{high}",
                    "pairs": len(at),
                    "one_label": mean(labels[i[known]] == labels[j[known]]),
                    "one_photograph": mean(np.array(laid)),
                }
            )
    shares = np.unique([label for label in labels if label], return_counts=True)[1] / len(labels)
    return [cell for cell in cells if cell["pairs"]], float((shares**2).sum())


def mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None


def close_pairs(hashes: NDArray[np.uint64]) -> tuple[Rows, Rows]:
    """All pairs up to ``MOST`` bits apart, by comparing all with all."""
    found = [
        (np.full(len(hit), row), row + 1 + hit)
        for row, hash in enumerate(hashes)
        for hit in [np.flatnonzero(np.bitwise_count(hashes[row + 1 :] ^ hash) <= MOST)]
    ]
    i, j = (np.concatenate(side) for side in zip(*found, strict=True))
    return i, j


def correlation(one: Image, other: Image) -> float:
    """The best correlation of the middle of one with the other, moved and scaled a little."""
    middle = np.ascontiguousarray(one[6:42, 6:42, 0])
    best = -1.0
    for scale in (0.9, 0.95, 1.0, 1.05, 1.1):
        matrix = cv2.getRotationMatrix2D((24, 24), 0, scale)
        moved = cv2.warpAffine(other[..., 0], matrix, (48, 48), borderMode=cv2.BORDER_REFLECT)
        best = max(best, float(cv2.matchTemplate(moved, middle, cv2.TM_CCOEFF_NORMED).max()))
    return best


def course_limits() -> list[dict[str, Any]]:
    names, images = zip(*course_frames(), strict=True)
    prints = fingerprint(images)
    clip = np.array([name.rsplit("_", 1)[0] for name in names])
    number = np.array([int(re.findall(r"_(\d+)\.", name)[0]) for name in names])
    i, j = np.triu_indices(len(names), 1)
    one = clip[i] == clip[j]
    following = one & (np.abs(number[i] - number[j]) == 1)
    phash = np.bitwise_count(prints.phash[i] ^ prints.phash[j])
    dhash = np.bitwise_count(prints.dhash[i] ^ prints.dhash[j])
    rows = []
    for most, more in LIMITS:
        near = (phash <= most) & (dhash <= more)
        rows.append(
            {
                "phash": most,
                "dhash": more,
                "next_frames_near": float(near[following].mean()),
                "one_clip_near": float(near[one].mean()),
                "two_clips_near": int(near[~one].sum()),
                "of_pairs": int((~one).sum()),
            }
        )
    return rows


def course_frames() -> Iterator[tuple[str, Image]]:
    with zipfile.ZipFile(shared() / "DLCV_SS25_Dataset.zip") as outer:
        for inner in outer.namelist():
            if not inner.endswith(".zip") or "__MACOSX" in inner:
                continue
            with zipfile.ZipFile(io.BytesIO(outer.read(inner))) as part:
                for name in part.namelist():
                    data = np.frombuffer(part.read(name), np.uint8)
                    if not name.endswith("/") and "__MACOSX" not in name and len(data):
                        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
                        if image is not None:
                            yield name, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="Also write the result here.")
    options = parser.parse_args()
    (cells, strangers), limits = fer_cells(), course_limits()
    for rows in (cells, limits):
        print_table(list(rows[0]), [list(row.values()) for row in rows])
        print()
    print(f"two strangers carry one label in {strangers:.3f} of all pairs")
    write_json(options.json, "nearness", {"fer": cells, "strangers": strangers, "course": limits})


if __name__ == "__main__":
    main()
