"""A leak checker that shares nothing with cinemotion: it reads an exported folder, and that is all.

    leaks("export")     # ["exact: train/happy/a.png test/happy/b.png", …]

It decodes every file, compares every picture of one side with every picture of the others (equal
pixels; textbook pHash and dHash), and reads from the file names which film and clip they are of:
``film-clip-number.png``.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

PHASH, DHASH, BLANK = 6, 8, 6.0


def leaks(folder: Path, *, level: str = "clip") -> list[str]:
    """Every pair of files on two sides that must not be: exact, near, or of one group."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = [_Picture(path.relative_to(folder)) for path in files]
    for picture, path in zip(seen, files, strict=True):
        picture.look(path)
    found = []
    for a, b in combinations(seen, 2):
        if a.side != b.side:
            found += [f"{kind}: {a.name} {b.name}" for kind in _kinds(a, b, level)]
    return found


class _Picture:
    def __init__(self, name: Path) -> None:
        self.name = name.as_posix()
        self.side = name.parts[0]
        film, clip, _ = name.stem.split("-")
        self.groups = {"film": film, "clip": f"{film}-{clip}"}

    def look(self, path: Path) -> None:
        with Image.open(path) as file:
            picture = file.convert("RGB")
        self.pixels = (picture.size, picture.tobytes())
        grey = picture.convert("L")
        self.blank = float(np.asarray(grey, float).std()) < BLANK
        self.phash = _phash(grey)
        self.dhash = _dhash(grey)


def _kinds(a: _Picture, b: _Picture, level: str) -> list[str]:
    kinds = []
    if a.pixels == b.pixels:
        kinds.append("exact")
    bits = (int((a.phash != b.phash).sum()), int((a.dhash != b.dhash).sum()))
    if not a.blank and not b.blank and bits[0] <= PHASH and bits[1] <= DHASH:
        kinds.append("near")
    if a.groups[level] == b.groups[level]:
        kinds.append(level)
    return kinds


def _phash(grey: Image.Image) -> np.ndarray:
    """The 8 × 8 slowest waves of a 32 × 32 picture against their median (Zauner 2010)."""
    small = np.asarray(grey.resize((32, 32), Image.Resampling.LANCZOS), float)
    n = np.arange(32)
    waves = np.cos(np.pi * (2 * n[None] + 1) * n[:, None] / 64)
    slow = (waves @ small @ waves.T)[:8, :8].ravel()
    return slow > np.median(slow)


def _dhash(grey: Image.Image) -> np.ndarray:
    """Where a 9 × 8 picture grows brighter to the right (Krawetz 2013)."""
    small = np.asarray(grey.resize((9, 8), Image.Resampling.LANCZOS), int)
    return (small[:, 1:] > small[:, :-1]).ravel()
