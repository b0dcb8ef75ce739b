from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from cinemotion.core.errors import DatasetError
from cinemotion.core.pixels import hash_pixels
from cinemotion.dataset.export.pictures import portable
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.pictures import take_picture
from frozen import drawn, file

PICTURE = drawn(1, 20, 30)


def turned() -> bytes:
    from PIL import Image as Pillow

    exif = Pillow.Exif()
    exif[0x0112] = 6
    return file(PICTURE, "JPEG", quality=95, exif=exif)


def sixteen_bits() -> bytes:
    """An RGB PNG of 16 bits a channel, which Pillow cannot write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    wide = PICTURE.astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    head = struct.pack(">IIBBBBB", 30, 20, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def wrong_checksum() -> bytes:
    data = bytearray(file(PICTURE, "PNG"))
    at = bytes(data).index(b"IDAT")
    (length,) = struct.unpack_from(">I", data, at - 4)
    data[at + 4 + length] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (file(PICTURE, "PNG"), ".png"),
        (file(PICTURE, "PNG", "L"), ".png"),
        (file(PICTURE, "JPEG", quality=95), ".jpg"),
        (file(PICTURE, "JPEG", "L"), ".jpg"),
        (file(PICTURE, "JPEG", progressive=True), ".jpg"),
    ],
)
def test_plain_files_stay_as_they_are(data: bytes, suffix: str) -> None:
    made = portable(data, hash_pixels(decode_image(data)))
    assert (made.data, made.suffix, made.made) == (data, suffix, False)
    assert (made.width, made.height) == (30, 20)


@pytest.mark.parametrize(
    "data",
    [
        file(PICTURE, "WEBP", quality=90),
        file(PICTURE, "BMP"),
        file(PICTURE, "GIF", "P"),
        file(PICTURE, "PNG", "P"),
        file(PICTURE, "PNG", "1"),
        file(PICTURE, "PNG", "RGBA"),
        file(PICTURE, "JPEG", "CMYK"),
        file(PICTURE, "PNG", "P", transparency=3),
        turned(),
        sixteen_bits(),
        wrong_checksum(),
        file(PICTURE, "TIFF"),
    ],
    ids="webp bmp gif palette bits rgba cmyk transparent turned deep checksum tiff".split(),
)
def test_everything_else_becomes_a_png_of_the_same_pixels(data: bytes) -> None:
    stored = take_picture(data)  # as an import does
    made = portable(stored.data, hash_pixels(stored.image))
    assert made.suffix == ".png"
    assert made.data[:8] == b"\x89PNG\r\n\x1a\n"
    np.testing.assert_array_equal(decode_image(made.data), stored.image)
    assert (made.height, made.width) == stored.image.shape[:2]


def test_other_pixels_than_were_frozen_are_refused() -> None:
    with pytest.raises(DatasetError, match="not those that were frozen"):
        portable(file(PICTURE, "PNG"), hash_pixels(drawn(2)))
    with pytest.raises(DatasetError, match="no image"):
        portable(b"nothing", hash_pixels(PICTURE))
