"""The hash of what a picture shows, whatever file it came in.

hash_pixels(image)      # 64 hexadecimal digits; equal for a PNG and a BMP of the same pixels
"""

from __future__ import annotations

import hashlib

import numpy as np

from cinemotion.core.types import Image


def hash_pixels(image: Image) -> str:
    """SHA-256 of a picture's shape and pixels, 64 hexadecimal digits.

    Args:
        image: uint8 ``(H, W, 3)``, RGB.
    """
    digest = hashlib.sha256("x".join(map(str, image.shape)).encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()
