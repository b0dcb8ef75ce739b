"""The cosine transform and the quantisation steps of JPEG."""

from __future__ import annotations

import numpy as np
from keras import ops

from cinemotion.core.types import Floats
from cinemotion.learn.augmenting.base import Tensor

# ITU-T T.81, table K.1: steps for luma at quality 50.
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def dct_matrix(size: int) -> Floats:
    """The orthonormal DCT-II: float32 ``(size, size)``, a wave in each row."""
    wave, place = np.mgrid[:size, :size]
    matrix = np.cos((2 * place + 1) * wave * np.pi / (2 * size)) * np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    out: Floats = matrix.astype(np.float32)
    return out


def quantisation(quality: Tensor) -> Tensor:
    """The steps of each coefficient, as libjpeg works them out.

    Args:
        quality: 1 to 100, ``(n, 1, 1)``.

    Returns:
        ``(n, 8, 8)``, at least 1.
    """
    scale = ops.where(quality < 50, 5000.0 / quality, 200.0 - 2.0 * quality)
    table = ops.convert_to_tensor(np.array(_LUMA, np.float32))
    return ops.clip(ops.floor((table * scale + 50.0) / 100.0), 1.0, 255.0)
