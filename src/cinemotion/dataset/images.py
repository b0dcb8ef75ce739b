"""Encode and decode the crops that the store holds.

data = encode_image(crop, "png")
crop = decode_image(data)
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from cinemotion.core.errors import DatasetError
from cinemotion.core.types import Image
from cinemotion.dataset.png import encode_png

_LOSSY = {
    "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95]),
    "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 95]),
}


def encode_image(image: Image, format: Literal["png", "jpeg", "webp"]) -> bytes:
    """Encode uint8 ``(H, W, 3)`` RGB as a file's bytes; PNG loses nothing."""
    if format == "png":
        return encode_png(image)
    suffix, options = _LOSSY[format]
    ok, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not ok:
        raise DatasetError(f"cannot encode an image of shape {image.shape} as {format}")
    return data.tobytes()


def decode_image(data: bytes) -> Image:
    """Decode a stored crop to uint8 ``(H, W, 3)`` RGB.

    Raises:
        DatasetError: The bytes are not an image.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"the store holds {len(data)} bytes that are no image")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
