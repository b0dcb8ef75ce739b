"""Perceptual hashes: 64 bits that stay nearly the same while a picture looks the same.

    prints = fingerprint(images)                  # pixels, pHash, dHash, spread of the luma
    HASHES.load("phash")(images)                  # one hash alone, uint64 (n,)
    bits = np.bitwise_count(prints.phash[0] ^ prints.phash[1])       # 0 = looks the same

Pictures of any sizes may be mixed; those of equal size are hashed together, which is what makes
it fast. The bits are those of the ``imagehash`` package, first bit highest. They are the same for
grey pictures; of pictures in colour one in some hundred differs in a bit or two, since OpenCV
rounds the weights of luma to 15 bits and Pillow to 16. Exactly half of pHash's bits are set
unless two waves are equal, so that distances are even numbers. A new hash is a function from
images to uint64 ``(n,)`` and a line in ``HASHES``.

Sources: pHash: N. Krawetz, "Looks Like It" (hackerfactor.com, 2011), after C. Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions" (2010); dHash: N. Krawetz,
"Kind of Like That" (hackerfactor.com, 2013).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cinemotion.core.pixels import hash_pixels
from cinemotion.core.registry import Registry
from cinemotion.core.types import Floats, Image
from cinemotion.curate.lanczos import shrink

HASHES = Registry(
    "perceptual hash",
    {
        "phash": "cinemotion.curate.hashes:phash",
        "dhash": "cinemotion.curate.hashes:dhash",
    },
)

Bits = NDArray[np.uint64]

_SIDE = 8  # a hash is 8 x 8 bits
_FINE = 32  # the picture of which pHash takes the 8 x 8 slowest waves
# Waves weaker than this are rounding noise, which differs between machines: count as none.
_DECIMALS = 6
_BATCH_PIXELS = 1 << 18  # that are hashed together; what comes of them stays in the cache


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What pictures look like, in a few bytes each.

    Attributes:
        pixels: SHA-256 of shape and pixels, 64 hexadecimal digits; equal for exact twins only.
        phash: uint64 ``(n,)``; which of the 64 slowest waves are stronger than their median.
        dhash: uint64 ``(n,)``; where the picture grows brighter to the right, on an 8 x 8 grid.
        deviation: float32 ``(n,)``, 0-128; standard deviation of the luma. Low means blank.
    """

    pixels: list[str]
    phash: Bits
    dhash: Bits
    deviation: Floats


def fingerprint(images: Sequence[Image]) -> Fingerprints:
    """Fingerprints of pictures, in their order.

    Args:
        images: uint8 ``(H, W, 3)`` each, RGB, of any sizes.
    """
    n = len(images)
    found = Fingerprints(
        [hash_pixels(image) for image in images],
        np.zeros(n, np.uint64),
        np.zeros(n, np.uint64),
        np.zeros(n, np.float32),
    )
    for rows, luma in _lumas(images):
        found.phash[rows] = _phash(luma)
        found.dhash[rows] = _dhash(luma)
        found.deviation[rows] = [cv2.meanStdDev(picture)[1][0, 0] for picture in luma]
    return found


def phash(images: Sequence[Image]) -> Bits:
    """PHash of pictures, uint64 ``(n,)``, the bits of ``imagehash.phash``.

    Args:
        images: uint8 ``(H, W, 3)`` each, RGB, of any sizes.
    """
    return _hash(images, _phash)


def dhash(images: Sequence[Image]) -> Bits:
    """DHash of pictures, uint64 ``(n,)``, the bits of ``imagehash.dhash``.

    Args:
        images: uint8 ``(H, W, 3)`` each, RGB, of any sizes.
    """
    return _hash(images, _dhash)


def _hash(images: Sequence[Image], function: Callable[[NDArray[np.uint8]], Bits]) -> Bits:
    hashes = np.zeros(len(images), np.uint64)
    for rows, luma in _lumas(images):
        hashes[rows] = function(luma)
    return hashes


def _lumas(images: Sequence[Image]) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    """Positions and luma, uint8 ``(n, H, W)``, of pictures of equal size, some at a time."""
    sizes: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, image in enumerate(images):
        sizes[image.shape].append(row)
    for (height, width, _), rows in sizes.items():
        batch = max(1, _BATCH_PIXELS // (height * width))
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            luma = np.empty((len(part), height, width), np.uint8)
            for row, out in zip(part, luma, strict=True):
                cv2.cvtColor(images[row], cv2.COLOR_RGB2GRAY, dst=out)
            yield part, luma


def _phash(luma: NDArray[np.uint8]) -> Bits:
    small = shrink(luma, width=_FINE, height=_FINE).astype(np.float64)
    across = small.reshape(-1, _FINE) @ _WAVES.T
    turned = across.reshape(-1, _FINE, _SIDE).transpose(0, 2, 1).reshape(-1, _FINE)
    both = (turned @ _WAVES.T).reshape(-1, _SIDE, _SIDE).transpose(0, 2, 1)
    waves = np.round(both, _DECIMALS).reshape(-1, _SIDE * _SIDE)
    ranked = np.sort(waves, axis=1)
    median = (ranked[:, 31:32] + ranked[:, 32:33]) / 2
    return _packed(waves > median)


def _dhash(luma: NDArray[np.uint8]) -> Bits:
    small = shrink(luma, width=_SIDE + 1, height=_SIDE)
    return _packed((small[:, :, 1:] > small[:, :, :-1]).reshape(-1, _SIDE * _SIDE))


def _packed(bits: NDArray[np.bool_]) -> Bits:
    """Rows of 64 truth values as one number each, the first one highest."""
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).ravel()


def _cosines() -> NDArray[np.float64]:
    """The 8 slowest waves of the discrete cosine transform (type II), float64 ``(8, 32)``."""
    wave, place = np.arange(_SIDE)[:, None], np.arange(_FINE)[None, :]
    return 2 * np.cos(np.pi * wave * (2 * place + 1) / (2 * _FINE))


_WAVES = _cosines()
