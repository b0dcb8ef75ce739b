"""Picture files that every reader can read: what the store holds, checked and made plain.

    file = portable(data, pixels)     # pixels: the hash that the version pinned
    file.data, file.suffix            # the bytes of a file, ".png"

A store keeps imported files as they came: palettes, 16 bits, WebP, turned by a flag. An export
keeps the bytes of a plain 8-bit RGB or grey PNG or JPEG, and turns everything else into a PNG
of the same pixels. Each file is decoded once before it counts, and must show what was frozen.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image as Pillow

from cinemotion.core.errors import DatasetError
from cinemotion.core.pixels import hash_pixels
from cinemotion.core.types import Image
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.png import encode_png

_PNG = b"\x89PNG\r\n\x1a\n"
_PLAIN_CHUNKS = (b"IHDR", b"IDAT", b"IEND", b"pHYs", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"sRGB")
_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture as a file.

    Attributes:
        data: Its bytes, PNG or JPEG, upright, 8-bit RGB or grey.
        suffix: ``.png`` or ``.jpg``.
        width: In pixels.
        height: In pixels.
        made: Whether the bytes were made here rather than kept.
    """

    data: bytes
    suffix: str
    width: int
    height: int
    made: bool


def portable(data: bytes, pixels: str) -> PictureFile:
    """Check a stored picture and give it as a file that every reader can read.

    Args:
        data: The bytes in the store.
        pixels: The hash of the pixels that they must show.

    Raises:
        DatasetError: They are no picture, or show something else.
    """
    image = decode_image(data)
    if hash_pixels(image) != pixels:
        raise DatasetError("its pixels are not those that were frozen")
    height, width = image.shape[:2]
    suffix = _plain_suffix(data, image)
    if suffix is not None:
        return PictureFile(data, suffix, width, height, made=False)
    made = encode_png(image)
    if not np.array_equal(decode_image(made), image):
        raise DatasetError("its PNG does not decode to the same pixels")
    return PictureFile(made, ".png", width, height, made=True)


def _plain_suffix(data: bytes, image: Image) -> str | None:
    """The suffix under which the bytes can stay as they are, or ``None``."""
    if data[:8] == _PNG:
        return ".png" if _is_plain_png(data) else None
    try:
        with Pillow.open(BytesIO(data), formats=("JPEG",)) as file:
            # Pillow is the stricter reader: what it refuses (a file that ends too early), other
            # readers refuse too. It may be a rounding error away from the first.
            file.load()
            turned = file.getexif().get(_ORIENTATION, 1) != 1
            plain = file.format == "JPEG" and file.mode in ("L", "RGB") and not turned
            return ".jpg" if plain and file.size == image.shape[1::-1] else None
    except _DAMAGE:
        return None


def _is_plain_png(data: bytes) -> bool:
    """Whether a PNG holds one opaque 8-bit picture, RGB or grey, and nothing that may change it.

    And whether every chunk has the checksum that it names: OpenCV and Pillow pass over wrong
    ones, TensorFlow does not. Source: PNG specification, third edition, W3C 2025, section 5.
    """
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        kind = data[at + 4 : at + 8]
        if kind not in _PLAIN_CHUNKS or zlib.crc32(data[at + 4 : end]) != int.from_bytes(
            data[end : end + 4]
        ):
            return False
        if kind == b"IHDR" and (data[at + 16], data[at + 17]) not in ((8, 0), (8, 2)):
            return False
        if kind == b"IEND":
            return True
        at = end + 4
    return False
