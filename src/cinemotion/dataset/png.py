"""Writes PNG files fast: one filter, and the deflate of Intel's ISA-L.

    data = encode_png(image)

For a crop of 224 px: 0.6 ms and 59 kB, against 2.1 ms and 62 kB for the fastest setting of
OpenCV and 3.6 ms and 61 kB for its default at level 1 (``benchmarks/png.py``). Any PNG reader
reads the result. Source: PNG specification, third edition, W3C 2025.
"""

from __future__ import annotations

import struct

import numpy as np
from isal import isal_zlib

from cinemotion.core.types import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1
_UP = 2  # filter type: each byte minus the one above it


def encode_png(image: Image) -> bytes:
    """Encode an image, losing nothing.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
    """
    height, width, _ = image.shape
    flat = image.reshape(height, width * 3)
    rows = np.empty((height, 1 + width * 3), np.uint8)
    rows[0, 0], rows[0, 1:] = 0, flat[0]
    rows[1:, 0] = _UP
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])  # modulo 256, as the filter wants it
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = isal_zlib.compress(rows, _LEVEL)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)))
