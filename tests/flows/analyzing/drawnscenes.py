"""A film of known scenes, drawn: rooms in colours of their own, with black bars above and below."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 10
SHOT = 12  # frames
BARS = 10  # pixels above and below
SIZE = (160, 90)
SCENES = ("ababab", "cdcdcd", "efgefge")
WALLS = {
    "a": (180, 60, 40),
    "b": (90, 30, 30),
    "c": (40, 90, 190),
    "d": (20, 40, 90),
    "e": (60, 150, 60),
    "f": (200, 200, 120),
    "g": (120, 120, 40),
}

WAVES = {
    "a": (1.0, 0.0),
    "b": (0.0, 1.0),
    "c": (1.0, 1.0),
    "d": (1.0, -1.0),
    "e": (2.0, 0.0),
    "f": (0.0, 1.5),
    "g": (2.0, -1.5),
}


def room(name: str, at: int) -> np.ndarray:
    """A camera position: a papered wall, and something that moves in front of it."""
    width, height = SIZE
    inside = height - 2 * BARS
    picture = np.zeros((height, width, 3), np.uint8)
    y, x = np.mgrid[:inside, :width] / 70
    across, down = WAVES[name]
    paper = 127 + 120 * np.sin(2 * np.pi * (across * x + down * y))[..., None]
    picture[BARS:-BARS] = 0.4 * np.array(WALLS[name]) + 0.6 * paper
    left = 10 + at % 100
    picture[40:52, left : left + 12] = 255 - np.array(WALLS[name])
    return picture


def draw_scenes(path: Path) -> Path:
    """Encode the film."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "12", "g": "20"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        at = 0
        for name in "".join(SCENES):
            for _ in range(SHOT):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(room(name, at), "rgb24")))
                at += 1
        out.mux(stream.encode())
    return path
