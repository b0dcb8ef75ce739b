"""Picture files of any kind that people have: bytes in, upright uint8 RGB out.

    picture = take_picture(data)
    picture.image        # uint8 (H, W, 3), RGB
    picture.data         # what to store: decode_image(picture.data) gives the same pixels

Files that :func:`~cinemotion.dataset.images.decode_image` reads as we mean them are kept byte for
byte: PNG, JPEG, WebP and BMP without transparency. Everything else that Pillow knows is turned
into a PNG that loses nothing of the result: the first picture, turned upright, transparent pixels
over black, 16 bits scaled to 8.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageFile, ImageOps, UnidentifiedImageError

from cinemotion.core.errors import DatasetError, UnreadableImageError
from cinemotion.core.types import Image
from cinemotion.dataset.images import decode_image
from cinemotion.dataset.png import encode_png

MIN_SIDE, MAX_SIDE = 8, 1 << 16
"""Pixels; in a smaller picture nothing can be seen, a longer one is no picture."""

MAX_PIXELS = 89_478_485
"""Pillow's own limit (256 MiB of RGB): beyond it a file is taken for a bomb."""

Pillow.init()  # its readers register themselves; some are not in every build (AVIF)
_WANTED = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF")
FORMATS = tuple(name for name in _WANTED if name in Pillow.OPEN)
"""What Pillow may try; among the others are some that start programs (EPS)."""

# Read by OpenCV, and upright; the others are Pillow's business alone.
_KEPT = ("PNG", "JPEG", "MPO", "WEBP", "BMP")
_PLAIN_MODES = ("L", "RGB")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I", "F")

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_ALPHA = 4  # a bit of the colour type
_NOT_PLAIN = (b"tRNS", b"acTL")  # transparency, animation

# What Pillow's readers raise on damaged files, found by feeding them damaged files.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError)
_DEEP_DAMAGE = (struct.error, zlib.error, OverflowError, NotImplementedError, RuntimeError, Warning)

# What OpenCV would print of a damaged file is the reason that we give.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and the bytes that stand for it in the store.

    Attributes:
        image: uint8 ``(H, W, 3)``, RGB, upright.
        data: A file's bytes, of which ``decode_image`` makes exactly ``image``.
    """

    image: Image
    data: bytes


def take_picture(data: bytes) -> Picture:
    """Read a picture file.

    Args:
        data: The file's bytes.

    Raises:
        UnreadableImageError: It is no picture, it is damaged, too small or too large; the
            message is the reason alone, without a name.
    """
    chunks = _png_chunks(data)
    plain = bool(chunks) and not (data[25] & _PNG_ALPHA or set(_NOT_PLAIN) & set(chunks))
    if plain:  # the usual case, without Pillow's 0.1 ms
        _check_size(*struct.unpack_from(">II", data, 16))
        image = _decoded(data)
        if image is not None:
            return Picture(image, data)
    with _translated(), Pillow.open(BytesIO(data), formats=FORMATS) as file:
        _check_size(*file.size)
        # Of a damaged PNG, OpenCV's library prints lines of its own.
        sound = file.format != "PNG" or (bool(chunks) and not plain)
        asked = file.format in _KEPT and sound
        native = _decoded(data) if asked else None
        if native is not None and file.mode in _PLAIN_MODES and "transparency" not in file.info:
            return Picture(native, data)
        image = upright_rgb(file)
    if native is not None and np.array_equal(native, image):
        return Picture(image, data)
    return Picture(image, encode_png(image))


def _png_chunks(data: bytes) -> tuple[bytes, ...]:
    """The names of a PNG file's parts up to its last; none where it is damaged, or no PNG.

    What is wrong with a part that no picture needs, such as a text, is no damage.

    Source: PNG specification, third edition, W3C 2025, section 5.
    """
    names: list[bytes] = []
    at = len(_PNG)
    while data[: len(_PNG)] == _PNG and at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        names.append(name)
        if end + 4 > len(data) or names[0] != b"IHDR":
            break
        if name == b"IEND":
            return tuple(names)
        needed = name[:1].isupper()
        if needed and zlib.crc32(data[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            break
        at = end + 4
    return ()


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise UnreadableImageError(
            f"{width} x {height} pixels, at least {MIN_SIDE} a side are needed"
        )
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableImageError(
            f"{width} x {height} pixels; at most {MAX_SIDE} a side and {MAX_PIXELS} in all are read"
        )


def _decoded(data: bytes) -> Image | None:
    try:
        return decode_image(data)
    except (DatasetError, cv2.error):
        return None  # damaged: Pillow says how


def read_image(path: Path) -> Image:
    """Read an image file: uint8 ``(H, W, 3)`` RGB, upright, its first picture if it has many.

    Transparent pixels are composed over black, 16-bit ones scaled to 8 bits.

    Raises:
        UnreadableImageError: There is no such file, or it is not an image that we can decode.
    """
    if path.exists() and not path.is_file():
        raise UnreadableImageError(f"{path} is no regular file; name an image")
    try:
        with Pillow.open(path) as file:
            return upright_rgb(file)
    except FileNotFoundError as error:
        raise UnreadableImageError(f"{path}: there is no such file") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableImageError(
            f"{path} is not an image that can be decoded ({' '.join(str(error).split())}); "
            "give a PNG, JPEG, WebP, TIFF, BMP, GIF or PPM file"
        ) from error
    except Pillow.DecompressionBombError as error:
        raise UnreadableImageError(f"{path} is too large an image: {error}") from error


def upright_rgb(file: ImageFile.ImageFile) -> Image:
    """What a file opened with Pillow shows: uint8 ``(H, W, 3)`` RGB, upright, over black."""
    picture = ImageOps.exif_transpose(file)
    if picture.mode in _DEEP_MODES:
        wide = np.asarray(picture, np.float64)
        # Files of these modes hold 16 bits, whatever the mode could hold.
        grey = np.clip(wide / 257 if wide.max(initial=0) > 255 else wide, 0, 255)
        return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    rgba = picture.convert("RGBA")
    ground = Pillow.new("RGBA", rgba.size, (0, 0, 0, 255))
    return np.asarray(Pillow.alpha_composite(ground, rgba).convert("RGB"), np.uint8)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what Pillow says of a bad file into the reason."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not a picture file of a known kind") from error
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise UnreadableImageError(f"more than {MAX_PIXELS} pixels") from error
    except (*_DAMAGE, *_DEEP_DAMAGE) as error:
        line = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableImageError(f"damaged: {line}") from error
