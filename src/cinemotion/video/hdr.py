"""High dynamic range to standard range: PQ and HLG pictures as a common screen shows them.

    image = tone_map(codes, "pq")      # uint16 (H, W, 3) BT.2020 R'G'B' -> uint8 sRGB

The way, per pixel, in linear light where 1.0 is the reference white of 203 cd/m²
(ITU-R BT.2408-7, section 2.1):

1. the transfer function: PQ (SMPTE ST 2084), or HLG (ARIB STD-B67, ITU-R BT.2100-2) with its
   system gamma of 1.2 for a screen of 1000 cd/m²;
2. BT.2020 to BT.709 primaries (ITU-R BT.2407-0, section 2), negative light cut off;
3. a tone curve on the largest of R, G, B, whose ratio scales all three, so that hue stays:
   ``y = x`` up to the knee ``k = 0.75``; above it, with ``u = (x - k) / (1 - k)``,
   ``y = k + (1 - k) · u · (1 + u / w²) / (1 + u)``: the extended curve of Reinhard et al. 2002
   (equation 4), which leaves the knee with slope 1 and reaches 1.0 where ``u = w``, at
   1000 cd/m²; brighter light is cut off;
4. the sRGB transfer function (IEC 61966-2-1), rounded to 8 bits.

Colours below the knee, skin among them, therefore come out exact.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cinemotion.core.types import Floats, Image

REFERENCE_WHITE = 203.0  # cd/m²
PEAK = 1000.0  # cd/m², mapped to the brightest white
KNEE = 0.75  # of the reference white, linear light
_CODES = 65536
_ROWS = 32  # at a time, so that the intermediate arrays stay in the processor's cache

_TO_BT709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349],
     [-0.018151, -0.100579, 1.118730]], np.float32,
)  # fmt: skip
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of BT.2020 primaries


def tone_map(codes: NDArray[np.uint16], transfer: Literal["pq", "hlg"]) -> Image:
    """Turn an HDR picture into sRGB.

    Args:
        codes: uint16 ``(H, W, 3)``, R'G'B' with BT.2020 primaries, 0-65535 full range.
        transfer: The curve that the codes follow.

    Returns:
        uint8 ``(H, W, 3)``, sRGB.
    """
    out = np.empty(codes.shape, np.uint8)
    for top in range(0, len(codes), _ROWS):
        light = _light(codes[top : top + _ROWS], transfer) @ _TO_BT709.T
        np.maximum(light, 0, out=light)
        # Pairwise: max(axis=2) over three channels takes twenty times as long.
        largest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
        light *= _gain(largest)[..., None]
        np.minimum(light, 1, out=light)
        out[top : top + _ROWS] = _srgb_codes()[(light * (_CODES - 1) + 0.5).astype(np.uint16)]
    return out


def _light(codes: NDArray[np.uint16], transfer: Literal["pq", "hlg"]) -> Floats:
    """Linear light of the screen, BT.2020 primaries, 1.0 at the reference white."""
    if transfer == "pq":
        return _pq_light()[codes]
    scene = _hlg_scene()[codes]
    luminance = scene @ _LUMINANCE
    # BT.2100-2, table 5: the screen shows peak · Y^(gamma - 1) · E.
    gain = np.float32(PEAK / REFERENCE_WHITE) * np.power(luminance, np.float32(0.2))
    lit: Floats = scene * gain[..., None]
    return lit


def _gain(light: Floats) -> Floats:
    """The tone curve divided by its argument."""
    gain = np.ones_like(light)
    bright = light > KNEE
    x = light[bright]
    u = (x - KNEE) / (1 - KNEE)
    white = (PEAK / REFERENCE_WHITE - KNEE) / (1 - KNEE)
    gain[bright] = (KNEE + (1 - KNEE) * u * (1 + u / white**2) / (1 + u)) / x
    return gain


def _ramp() -> NDArray[np.float64]:
    return np.arange(_CODES) / (_CODES - 1)


@lru_cache(maxsize=1)
def _pq_light() -> Floats:
    """SMPTE ST 2084, equation 4.1, in units of the reference white."""
    m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
    root = _ramp() ** (1 / m2)
    light = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return (light / REFERENCE_WHITE).astype(np.float32)


@lru_cache(maxsize=1)
def _hlg_scene() -> Floats:
    """ARIB STD-B67 inverted: light of the scene in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    codes = _ramp()
    light = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12)
    return light.astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_codes() -> NDArray[np.uint8]:
    light = _ramp()
    codes = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(codes * 255).astype(np.uint8)
