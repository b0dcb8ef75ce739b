"""Draw every predefined filter and what it does to a portrait; write ``docs/filters.md``.

    python scripts/draw_filters.py [--out docs]

Left the kernel (white positive, black negative, grey zero), right the portrait of NASA's Eileen
Collins (public domain, from scikit-image) after the filter.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from cinemotion.numpynet import Conv2D
from cinemotion.numpynet.filters import BANKS, FILTERS

SIDE = 96
GAP = 4
HEAD = """# Predefined filters

Written by `scripts/draw_filters.py`; `cinemotion.numpynet.filters` has the code. Left the kernel
(white positive, black negative, grey zero), right a portrait after the filter (grey is zero where
the kernel sums to zero). Kernels are applied as drawn, without turning them around.

"""


def as_grey(values: np.ndarray, signed: bool) -> np.ndarray:
    """Numbers as grey levels: zero in the middle, or darkest to brightest."""
    if signed:
        values = values / (np.abs(values).max() or 1) / 2 + 0.5
    else:
        values = (values - values.min()) / (np.ptp(values) or 1)
    return np.round(255 * values).astype(np.uint8)


def draw(kernel: np.ndarray, portrait: np.ndarray) -> np.ndarray:
    """A kernel beside the portrait after it."""
    layer = Conv2D(1, kernel.shape[0], padding="same", bias=False)
    layer.build((None, None, 1), np.random.default_rng(0))
    layer.params["weight"] = kernel[..., None, None]
    answer = layer.forward(portrait[None, :, :, None])[0, :, :, 0]
    edge = kernel.shape[0] // 2  # the frame of zeros around the picture is not the filter's doing
    answer = answer[edge : -edge or None, edge : -edge or None]
    left = cv2.resize(as_grey(kernel, True), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    shown = as_grey(answer, signed=abs(kernel.sum()) < 1e-3)
    right = cv2.resize(shown, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.hstack([left, np.full((SIDE, GAP), 255, np.uint8), right])


def page() -> str:
    """The page in Markdown."""
    lines = ["| name | kernel and answer | size | finds | source |", "|---|---|---|---|---|"]
    for name, entry in FILTERS.items():
        size = "{} × {}".format(*entry.kernel().shape)
        picture = f"![{name}](filters/{name}.png)"
        lines.append(f"| `{name}` | {picture} | {size} | {entry.finds} | {entry.source} |")
    lines += ["", "## Banks", "", "| bank | filters |", "|---|---|"]
    lines += [f"| `{name}` | {', '.join(members)} |" for name, members in BANKS.items()]
    lines += [
        "",
        "`random_orthogonal(filters, size=3, channels=…, seed=…)` draws kernels at random, at",
        "right angles to each other (Saxe, McClelland & Ganguli 2014): the later blocks of",
        "`classic` have them. `gabor(…)` and `dct(…)` make kernels of any angle, width and size.",
        "",
    ]
    return HEAD + "\n".join(lines)


def main() -> None:
    """Draw, write and say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    out = parser.parse_args().out
    (out / "filters").mkdir(parents=True, exist_ok=True)
    face = cv2.cvtColor(astronaut()[0:224, 112:336], cv2.COLOR_RGB2GRAY)
    portrait = cv2.resize(face, (112, 112), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    for name, entry in FILTERS.items():
        done = cv2.imencode(".png", draw(entry.kernel(), portrait))[1]
        (out / "filters" / f"{name}.png").write_bytes(done.tobytes())
    (out / "filters.md").write_text(page(), encoding="utf-8")
    print(f"{len(FILTERS)} filters drawn in {out / 'filters.md'}")


if __name__ == "__main__":
    main()
