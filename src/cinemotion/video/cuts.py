"""Hard cuts: one frame whose scene is news, and stays.

    cuts = find_cuts(signals, seconds, fades, ShotSettings())

A cut's novelty stands out from the frames around it (a whip pan, a strobe or a pan drawn on
twos gives many such peaks, a cut one) and is not undone soon (a photo flash, lightning or a
dropped frame is). Where the new scene comes through a few black, white or mixed frames, the
cut is at the first frame that no longer shows the old scene.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinemotion.video.novelty import novelty
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import FLASH_FRAMES, ShotSettings, Transition

_NEIGHBOURS = 5  # frames on each side
_RIVALS = 2  # peaks allowed among the neighbours: the two edges of a flash, or two more cuts
_EXCESS = 0.34  # by how much a cut's novelty tops that of the highest neighbour after those
_PROMINENCE = 2.0  # and how many times
# Two heads before like walls, between the same black bars, are half explained by each other. In a
# calm stretch, where nothing else is news at all, a part of a cut's novelty is enough: the calmer,
# the less of it. Of each pair: that part, and the share of the frame's own novelty that every
# neighbour keeps below. (Subtitles come in at a hundredth of a cut's novelty.)
_ALONE = ((0.5, 0.03), (0.35, 0.002))
_MOST_FRAMES = 60  # looked at for the end of a flash: a quarter of a second at 240 a second
_RETURN = 0.6  # the old scene is back when its novelty falls to this share of the change's


def find_cuts(
    signals: Signals,
    seconds: NDArray[np.float64],
    fades: Sequence[Transition],
    settings: ShotSettings,
) -> list[Transition]:
    """Find the hard cuts of a film.

    Args:
        signals: Of the whole film, n frames.
        seconds: float64 ``(n,)``, the frames' times.
        fades: Their frames hold no cuts.
        settings: What counts as a cut and as a flash.

    Returns:
        In order of time.
    """
    frames = np.arange(1, len(signals))
    news = np.concatenate([[0], novelty(signals.thumbs, frames - 1, frames)]).astype(np.float32)
    rivals = _rivals(news)
    peaks = news >= np.maximum.reduce(
        [np.full(len(news), settings.cut_novelty), rivals + _EXCESS, rivals * _PROMINENCE]
    )
    highest = _highest(news)
    for part, calm in _ALONE:
        peaks |= (news >= part * settings.cut_novelty) & (highest <= calm * news)
    for fade in fades:
        peaks[fade.first : fade.last + 2] = False
    candidates = np.flatnonzero(peaks)
    keep = ~_flashes(signals, seconds, news, candidates, settings.longest_flash)
    return [Transition("cut", int(t), int(t), int(t)) for t in candidates[keep]]


def _rivals(news: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each frame, the third highest novelty among its ten neighbours; float32 ``(n,)``."""
    return np.asarray(np.sort(_others(news), axis=1)[:, -1 - _RIVALS], np.float32)


def _highest(news: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest novelty among its ten neighbours; float32 ``(n,)``."""
    return np.asarray(_others(news).max(axis=1), np.float32)


def _others(news: NDArray[np.float32]) -> NDArray[np.float32]:
    """The novelty of five neighbours on each side; float32 ``(n, 10)``."""
    padded = np.pad(news, _NEIGHBOURS)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    return np.delete(windows, _NEIGHBOURS, axis=1)


def _flashes(
    signals: Signals,
    seconds: NDArray[np.float64],
    news: NDArray[np.float32],
    candidates: NDArray[np.intp],
    longest: float,
) -> NDArray[np.bool_]:
    """Tell which changes belong to something that soon is over; bool ``(m,)``.

    Such a change has the scene from shortly before it again shortly after it: right after
    the first edge of a flash, right before its last edge, around anything in between.
    """
    flash = np.zeros(len(candidates), np.bool_)
    for at, frame in enumerate(candidates):
        until = int(np.searchsorted(seconds, seconds[frame] + longest, side="right"))
        reach = min(max(FLASH_FRAMES, until - 1 - int(frame)), _MOST_FRAMES)
        back, forth = np.meshgrid(np.arange(reach + 1), np.arange(reach + 1))
        left, right = frame - 1 - back, frame + forth
        near = (back + forth > 0) & (back + forth <= reach)
        pairs = near & (left >= 0) & (right < len(signals))
        if pairs.any():
            back_again = novelty(signals.thumbs, left[pairs], right[pairs]).min()
            flash[at] = back_again < _RETURN * news[frame]
    return flash
