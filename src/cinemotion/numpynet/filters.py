"""Filters that need no training: what people put into kernels before they were learnt.

    kernel = FILTERS["sobel_x"].kernel()              # float32 (3, 3)
    weight = bank("classic5", channels=3)             # float32 (3, 3, 3, 5), for Conv2D
    conv.params["weight"] = weight

A bank is a named set of kernels; smaller ones are put into the middle of the largest one's size.
docs/filters.md shows every filter and what it does to a picture. A new filter is a function here
and an entry in :data:`FILTERS`; a new bank an entry in :data:`BANKS`.

Kernels are applied as they are printed, without turning them around, as ``Conv2D`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cinemotion.numpynet.arrays import Array


@dataclass(frozen=True, slots=True)
class Filter:
    """A kernel by its name.

    Attributes:
        kernel: Makes it: float32 ``(height, width)``.
        finds: What it answers to, in a few words.
        source: Where it comes from.
    """

    kernel: Callable[[], Array]
    finds: str
    source: str


def box(size: int = 3) -> Array:
    """The mean of ``size × size`` pixels."""
    return np.full((size, size), 1 / size**2, np.float32)


def identity(size: int = 3) -> Array:
    """The pixel itself."""
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2, size // 2] = 1
    return kernel


def gaussian(size: int = 5, sigma: float = 1.0) -> Array:
    """A mean in which near pixels weigh more; sums to 1, ``sigma`` in pixels."""
    y, x = _grid(size)
    kernel = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return _float32(kernel / kernel.sum())


def laplacian_of_gaussian(size: int = 7, sigma: float = 1.0) -> Array:
    """The Laplacian of a smoothed picture in one kernel; sums to 0, ``sigma`` in pixels."""
    y, x = _grid(size)
    square = (x**2 + y**2) / (2 * sigma**2)
    kernel = -(1 - square) * np.exp(-square) / (np.pi * sigma**4)
    # Sampled and cut off, it does not sum to 0 by itself, and would answer to plain surfaces.
    return _float32(kernel - kernel.mean())


def gabor(
    angle: float = 0.0,
    *,
    size: int = 9,
    wavelength: float = 4.0,
    sigma: float = 2.0,
    aspect: float = 0.5,
    phase: float = 0.0,
) -> Array:
    """A wave under a Gaussian: stripes of one width and direction; sums to 0.

    Args:
        angle: Of the wave's direction, radians; 0 finds upright stripes.
        size: Of the kernel.
        wavelength: Pixels from stripe to stripe.
        sigma: Of the Gaussian across the stripes, pixels.
        aspect: Its width across by that along the stripes.
        phase: 0 for a bright line in the middle, pi / 2 for an edge.
    """
    y, x = _grid(size)
    across = x * np.cos(angle) + y * np.sin(angle)
    along = -x * np.sin(angle) + y * np.cos(angle)
    envelope = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * sigma**2))
    kernel = envelope * np.cos(2 * np.pi * across / wavelength + phase)
    # Without its mean under the same envelope it does not answer to plain surfaces.
    return _float32(kernel - envelope * kernel.sum() / envelope.sum())


def dct(row: int, column: int, size: int = 3) -> Array:
    """A wave of the discrete cosine transform (DCT-II, orthonormal).

    Args:
        row: Half waves from top to bottom, 0 to ``size - 1``.
        column: Half waves from left to right.
        size: Of the kernel.
    """
    at = (2 * np.arange(size) + 1) * np.pi / (2 * size)
    waves = [np.cos(at * k) * np.sqrt((1 if k == 0 else 2) / size) for k in (row, column)]
    return _float32(np.outer(*waves))


def random_orthogonal(
    filters: int, *, size: int = 3, channels: int = 1, seed: int = 0, zero_mean: bool = False
) -> Array:
    """Kernels at random that have length 1 and stand at right angles to each other.

    With more filters than numbers in a kernel they cannot all stand at right angles: then the
    numbers do, over the filters.

    Args:
        filters: How many.
        size: Of a kernel.
        channels: Of the input.
        seed: Of the draw.
        zero_mean: Whether every kernel sums to 0 over each channel, so that it says nothing of
            plain surfaces; there can be ``(size² - 1) * channels`` of them.

    Returns:
        float32 ``(size, size, channels, filters)``.

    Raises:
        ValueError: There are too many filters of mean zero.
    """
    numbers = size * size * channels
    if zero_mean and filters > numbers - channels:
        raise ValueError(
            f"at most {numbers - channels} kernels of mean zero stand at right angles in "
            f"{size} × {size} × {channels}, got {filters}; make them larger"
        )
    long, short = max(numbers, filters), min(numbers, filters)
    drawn = np.random.default_rng(seed).standard_normal((long, short))
    if zero_mean:
        cells = drawn.reshape(size * size, channels, filters)
        drawn = (cells - cells.mean(axis=0)).reshape(numbers, filters)
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # one of the many decompositions: every rotation is as likely
    weight = q if numbers >= filters else q.T
    return _float32(weight.reshape(size, size, channels, filters))


def bank(name: str, channels: int = 3) -> Array:
    """The weight of a convolution with a bank's filters.

    Every filter looks at the mean of the channels (of RGB pictures: at lightness).

    Args:
        name: One of :data:`BANKS`.
        channels: Of the input.

    Returns:
        float32 ``(size, size, channels, filters)``.

    Raises:
        ValueError: There is no such bank.
    """
    if name not in BANKS:
        raise ValueError(f"no bank of filters {name!r}; there are: {', '.join(BANKS)}")
    kernels = [FILTERS[each].kernel() for each in BANKS[name]]
    side = max(kernel.shape[0] for kernel in kernels)
    weight = np.zeros((side, side, channels, len(kernels)), np.float32)
    for i, kernel in enumerate(kernels):
        margin = (side - kernel.shape[0]) // 2
        middle = slice(margin, margin + kernel.shape[0])
        weight[middle, middle, :, i] = kernel[..., None] / channels
    return weight


def _grid(size: int) -> tuple[Array, Array]:
    """Rows and columns of a kernel, counted from its middle."""
    middle = (size - 1) / 2
    y, x = np.mgrid[:size, :size] - middle
    return y, x


def _float32(kernel: Array) -> Array:
    return kernel.astype(np.float32)


def _fixed(*rows: Sequence[float]) -> Callable[[], Array]:
    return lambda: np.array(rows, np.float32)


def _gabors() -> dict[str, Filter]:
    """Eight directions, two widths of stripes."""
    source = "Gabor 1946; in two dimensions Daugman 1985"
    return {
        f"gabor_{wavelength}_{round(degrees)}": Filter(
            lambda d=degrees, w=wavelength: gabor(
                np.deg2rad(d), size=2 * w + 1, wavelength=w, sigma=w / 2
            ),  # type: ignore[misc]
            f"stripes {wavelength} pixels apart, at {degrees:g}°",
            source,
        )
        for wavelength in (4, 8)
        for degrees in np.arange(8) * 22.5
    }


def _dcts() -> dict[str, Filter]:
    return {
        f"dct_{row}{column}": Filter(
            lambda r=row, c=column: dct(r, c),  # type: ignore[misc]
            f"{row} half waves down, {column} across",
            "Ahmed, Natarajan & Rao 1974",
        )
        for row in range(3)
        for column in range(3)
    }


FILTERS: dict[str, Filter] = {
    "box": Filter(box, "the mean of 3 × 3 pixels", "the moving average"),
    "identity": Filter(identity, "the pixel itself", "the unit impulse"),
    "gaussian": Filter(gaussian, "a soft mean, sigma 1", "Gauss' bell, sampled"),
    "sobel_x": Filter(
        _fixed([-1, 0, 1], [-2, 0, 2], [-1, 0, 1]), "upright edges", "Sobel & Feldman 1968"
    ),
    "sobel_y": Filter(
        _fixed([-1, -2, -1], [0, 0, 0], [1, 2, 1]), "level edges", "Sobel & Feldman 1968"
    ),
    "prewitt_x": Filter(
        _fixed([-1, 0, 1], [-1, 0, 1], [-1, 0, 1]), "upright edges", "Prewitt 1970"
    ),
    "prewitt_y": Filter(_fixed([-1, -1, -1], [0, 0, 0], [1, 1, 1]), "level edges", "Prewitt 1970"),
    "scharr_x": Filter(
        _fixed([-3, 0, 3], [-10, 0, 10], [-3, 0, 3]),
        "upright edges, true to direction",
        "Scharr 2000",
    ),
    "scharr_y": Filter(
        _fixed([-3, -10, -3], [0, 0, 0], [3, 10, 3]),
        "level edges, true to direction",
        "Scharr 2000",
    ),
    "laplacian": Filter(
        _fixed([0, 1, 0], [1, -4, 1], [0, 1, 0]),
        "points and both sides of edges",
        "the second differences, summed",
    ),
    "laplacian_of_gaussian": Filter(
        laplacian_of_gaussian, "blobs and edges, less noise; sigma 1", "Marr & Hildreth 1980"
    ),
    "sharpen": Filter(
        _fixed([0, -1, 0], [-1, 5, -1], [0, -1, 0]),
        "the pixel and what sets it apart",
        "identity minus the Laplacian",
    ),
    "emboss": Filter(
        _fixed([-2, -1, 0], [-1, 1, 1], [0, 1, 2]),
        "a relief lit from the upper left",
        "the usual kernel of image editors",
    ),
    **_gabors(),
    **_dcts(),
}
"""Every filter by name."""

BANKS: dict[str, tuple[str, ...]] = {
    "classic5": ("box", "identity", "sobel_x", "sobel_y", "sharpen"),
    "edges": ("sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x", "scharr_y", "laplacian"),
    "blobs": ("gaussian", "laplacian", "laplacian_of_gaussian"),
    "gabor16": tuple(_gabors()),
    "dct9": tuple(_dcts()),
    "all3": tuple(
        *[[n for n, f in FILTERS.items() if f.kernel().shape == (3, 3) and "dct" not in n]]
    ),
}
"""Sets of filters; ``classic5`` is the brief's."""
