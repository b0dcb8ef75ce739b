"""How much of one frame is news to another: 0 is the same scene, 1 is a new one.

    share = novelty(signals.thumbs, np.arange(n - 1), np.arange(1, n))

Each eighth of a thumbnail is laid over the other thumbnail at the best of 15 small shifts.
The share of its variance that the best linear map of brightness then leaves unexplained,
1 - r² with r the normalised cross-correlation (Lewis, "Fast normalized cross-correlation",
1995), is its news. Pans, shake and moving objects are absorbed by the shifts; exposure and
light by the linear map; grain by a floor under the variance. A frame's news is the mean over
its eighths, each alike, and little where one half of it stays as it was: one large thing that
comes or goes, or a picture in the picture, does not make a new scene.
It is the idea of an encoder's scene-cut test (inter cost against intra cost), with a scale
from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.video.signals import THUMB_COLUMNS, THUMB_ROWS

_DOWN, _ACROSS = 2, 4  # blocks
_BLOCK = (THUMB_ROWS // _DOWN, THUMB_COLUMNS // _ACROSS)
_CELLS = _BLOCK[0] * _BLOCK[1]
_STRIPES = np.repeat(np.eye(_ACROSS, dtype=np.float32), _BLOCK[1], axis=0)  # columns to blocks
_REACH = (1, 2)  # cells a block may move down and across: a twelfth and a tenth of the frame
_FLOOR = 9.0  # variance between cells that is put down to grain and coding
_WEIGHTY = 9.0  # variance at which a block has half a say; flat sky and black bars have none
_SILENT = 0.5  # blocks' worth of doubt: a frame that is flat all over has no news
_HALVES = [list(half) for half in (range(4), range(4, 8), (0, 1, 4, 5), (2, 3, 6, 7))]
_HALF = 1.6  # times the news of its calmest half is as much as a frame can have
_FLAT_STEP = 12.0  # luma levels; between flat frames, this step of brightness is half news
_EVIDENT = 0.25  # frames that match this well in place need no search
_CHUNK = 2048

Frames = NDArray[np.intp]
Shares = NDArray[np.float32]


def novelty(thumbs: NDArray[np.uint8], before: Frames, after: Frames) -> Shares:
    """Compare pairs of frames.

    Args:
        thumbs: uint8 ``(n, 12, 20)``.
        before: Frame numbers, ``(m,)``.
        after: Frame numbers, ``(m,)``.

    Returns:
        float32 ``(m,)`` in [0, 1].
    """
    shares = np.zeros(len(before), np.float32)
    for start in range(0, len(before), _CHUNK):
        part = slice(start, start + _CHUNK)
        a = thumbs[before[part]].astype(np.float32)
        b = thumbs[after[part]].astype(np.float32)
        share = _unexplained(a, b, (0, 0))
        search = np.flatnonzero(share >= _EVIDENT)
        share[search] = _unexplained(a[search], b[search], _REACH)
        shares[part] = np.maximum(share, _step_of_flat_frames(a, b))
    return shares


def _unexplained(a: Shares, b: Shares, reach: tuple[int, int]) -> Shares:
    """Mean share of the blocks' variance that the best shifts leave unexplained; ``(m,)``."""
    down, across = reach
    rows, columns = b.shape[1:]
    padded = np.pad(a, ((0, 0), (down, down), (across, across)), mode="edge")
    sum_b, var_b = _moments(b)
    best = np.full(var_b.shape, -1, np.float32)
    var_a = np.zeros_like(var_b)
    for y in range(2 * down + 1):
        for x in range(2 * across + 1):
            moved = padded[:, y : y + rows, x : x + columns]
            sum_m, var_m = _moments(moved)
            shared = np.maximum(_block_sums(moved * b) / _CELLS - sum_m * sum_b / _CELLS**2, 0)
            # The floor counts as shared: what is no more than grain is never news.
            explained = np.square(shared + _FLOOR) / ((var_m + _FLOOR) * (var_b + _FLOOR))
            better = explained > best
            best = np.where(better, explained, best)
            var_a = np.where(better, var_m, var_a)
    structure = np.maximum(var_a, var_b)
    weight = structure / (structure + _WEIGHTY)
    share = weight * (1 - best)
    news = share.sum(axis=1) / (weight.sum(axis=1) + _SILENT)
    for half in _HALVES:
        say = weight[:, half].sum(axis=1)
        limit = _HALF * share[:, half].sum(axis=1) / np.maximum(say, 1)
        news = np.where(say >= 1, np.minimum(news, limit), news)
    return np.asarray(news, np.float32)


def _step_of_flat_frames(a: Shares, b: Shares) -> Shares:
    """News of two frames without structure: nothing but the step of brightness tells."""
    sum_a, var_a = _moments(a)
    sum_b, var_b = _moments(b)
    step = np.square((sum_b - sum_a) / _CELLS).mean(axis=1)
    structure = np.maximum(var_a.mean(axis=1), var_b.mean(axis=1))
    flatness = _FLOOR / (_FLOOR + structure)
    return np.asarray(flatness * step / (step + _FLAT_STEP**2), np.float32)


def _moments(image: Shares) -> tuple[Shares, Shares]:
    """Sum and variance of each block; float32 ``(m, 8)`` each."""
    total = _block_sums(image)
    variance = _block_sums(image * image) / _CELLS - np.square(total / _CELLS)
    return total, np.asarray(variance, np.float32)


def _block_sums(image: Shares) -> Shares:
    """Sums over the eight blocks; float32 ``(m, 8)``. Exact: the sums stay below 2^24."""
    bands = image.reshape(len(image), _DOWN, _BLOCK[0], THUMB_COLUMNS).sum(axis=2)
    return np.asarray((bands @ _STRIPES).reshape(len(image), _DOWN * _ACROSS), np.float32)
