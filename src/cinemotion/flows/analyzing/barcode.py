"""The colour barcode of a film: a column of colours for each instant that was looked at.

    columns = barcode(seen, every=0.2)          # uint8 (9, T, 3), RGB; None: colours unknown
    png = barcode_png(columns)

A column is the picture on screen at its instant, without black bars, each of its nine stripes of
equal height made one colour. Instants are evenly spaced: a picture that stays has many columns.
"""

from __future__ import annotations

import cv2
import numpy as np

from cinemotion.core.types import Image
from cinemotion.flows.analyzing.sightings import Sightings

_PIXELS_HIGH = 108
_LEAST_WIDE = 600  # pixels: short films have wider columns
_MOST_WIDE = 65_000  # pixels: what programs that show pictures can still open
# At 9 the barcode of a long film takes many times as long, and is little smaller.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 6]


def barcode(seen: Sightings, every: float) -> Image | None:
    """The columns.

    Args:
        seen: The film's sampled frames and their colours.
        every: Seconds between two instants.

    Returns:
        uint8 ``(9, T, 3)``, RGB, top stripe first; ``None`` where the colours are not known.
    """
    if seen.colours is None:
        return None
    seconds = seen.frames["seconds"].to_numpy()
    # The last instant lies in the film, however its length was rounded.
    count = max(1, int(np.ceil((seen.end - seen.start) / every - 1e-6)))
    instants = seen.start + np.arange(count) * every
    shown = np.searchsorted(seconds, instants + 1e-6, side="right") - 1
    stripes = np.rint(seen.colours.mean(axis=2)).astype(np.uint8)  # (n, 9, 3)
    return np.ascontiguousarray(stripes[shown.clip(0)].transpose(1, 0, 2))


def thinned(columns: Image, most: int) -> Image:
    """As many columns at most, each the mean of its neighbours; few ones stay as they are."""
    count = columns.shape[1]
    if count <= most:
        return columns
    borders = np.linspace(0, count, most + 1).astype(np.int64)
    sums = np.add.reduceat(columns.astype(np.float64), borders[:-1], axis=1)
    return np.rint(sums / np.diff(borders)[None, :, None]).astype(np.uint8)


def barcode_png(columns: Image) -> bytes:
    """The picture: a pixel or more wide for each column; beyond 65,000, columns are joined."""
    columns = thinned(columns, _MOST_WIDE)
    wide = np.repeat(columns, max(1, -(-_LEAST_WIDE // columns.shape[1])), axis=1)
    size = (wide.shape[1], _PIXELS_HIGH)
    return encode_png(np.asarray(cv2.resize(wide, size, interpolation=cv2.INTER_LINEAR), np.uint8))


def encode_png(image: Image) -> bytes:
    """A picture, uint8 ``(H, W, 3)`` RGB, as the bytes of a PNG file."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), _PNG)[1].tobytes()
