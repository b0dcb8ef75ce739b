"""Fades: a scene goes out into black (or white), or comes up from it.

    fades = find_fades(signals, seconds, ShotSettings())

A fade is a valley of light with at least one slope that takes two frames or more and is a
blend with black. Where the new shot begins:

* both sides slope: at the darkest frame; of several equally dark ones the middle one; where
  black is held for more than a second, at the first frame that shows the new scene;
* one side is a hard edge: that is a cut, to black (at the first black frame) or from black,
  and the fade on the other side has no boundary of its own;
* neither side slopes: not a fade; ``cuts`` sees two cuts, or one where the black is short;
* the film begins or ends in black: nowhere. The fade is told all the same, without a
  boundary, so that nobody takes its frames for something else.

White is treated as black turned upside down, but is believed only between two different
scenes with a slope on both sides: overexposure, flashes and grey cards come down from white too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinemotion.video.novelty import novelty
from cinemotion.video.signals import Signals
from cinemotion.video.transitions import ShotSettings, Transition
from cinemotion.video.valleys import Valley, View, find_valleys

_EMPTY = 0.05  # mean luma of a black frame over that of the scenes around it
_BLANK = 9.0  # variance of a thumbnail that shows nothing but grain
_FAINT = 0.02  # the same, over that of the scenes around it
_LONG_HOLD = 1.0  # seconds
_EDGE = 0.8  # light that a hard edge reaches within two frames, over that of the next few
_NEWS = 0.5  # novelty from which two scenes differ
_TEXTURE = 100.0  # variance of a scene that can fade to white


def find_fades(
    signals: Signals, seconds: NDArray[np.float64], settings: ShotSettings
) -> list[Transition]:
    """Find the fades of a film.

    Args:
        signals: Of the whole film, n frames.
        seconds: float64 ``(n,)``, the frames' times.
        settings: What counts as a transition.

    Returns:
        Fades, and the cuts at their hard edges, in order of time. The fades do not overlap.
    """
    if len(signals) < 3:
        return []
    longest = settings.longest_transition
    black = View.towards_black(signals, seconds)
    white = View.towards_white(signals, seconds)
    found = [_transitions(black, v) for v in find_valleys(black, longest) if _is_fade(black, v)]
    found += [
        _transitions(white, v) for v in find_valleys(white, longest) if _is_white_fade(white, v)
    ]
    taken: list[Transition] = []
    for fade, *cut in found:
        if all(fade.last < other.first or fade.first > other.last for other in taken):
            taken += [fade, *cut]
    return sorted(taken, key=lambda transition: transition.first)


def _is_fade(view: View, valley: Valley) -> bool:
    """Whether a valley has a slope (and a slope or an edge opposite), and is black at its floor.

    What is left of the picture there may also be a dim rest of a scene, if another follows.
    A dark scene of its own between two bright ones is neither.
    """
    tops = [top for top in (valley.before, valley.after) if top is not None]
    edges = (
        valley.before is not None or _is_edge(view, valley.low, -1),
        valley.after is not None or _is_edge(view, valley.high, +1),
    )
    if not tops or not all(edges):
        return False
    ends, floor = _ends(view, valley), valley.hold[0]
    blank = max(_BLANK, _FAINT * min(float(view.thumbs[frame].var()) for frame in ends))
    empty = view.mean[floor] <= _EMPTY * min(view.mean[frame] for frame in ends)
    if empty or view.thumbs[floor].var() <= blank:
        return True
    rest = novelty(view.thumbs, np.array(tops), np.full(len(tops), floor)).min() < _NEWS
    return bool(rest) and _differ(view, ends)


def _is_white_fade(view: View, valley: Valley) -> bool:
    """Whether a valley of the film turned upside down is a fade through white."""
    if valley.before is None or valley.after is None:
        return False
    ends = [valley.before, valley.after]
    textured = min(float(view.thumbs[frame].var()) for frame in ends) >= _TEXTURE
    return textured and _differ(view, ends) and _is_fade(view, valley)


def _is_edge(view: View, rim: int, step: int) -> bool:
    """Whether the light comes at once beyond a valley's last frame; true at the film's ends."""
    light = view.light
    outside = light[rim + 1 : rim + 7] if step > 0 else light[max(rim - 6, 0) : rim][::-1]
    if len(outside) == 0:
        return True
    return bool(outside[:2].max() >= max(_EDGE * outside.max(), 2 * light[rim]))


def _ends(view: View, valley: Valley) -> list[int]:
    """The nearest frames in full light before and after; one of them at the film's ends."""
    before = valley.before if valley.before is not None else valley.low - 1
    after = valley.after if valley.after is not None else valley.high + 1
    return [frame for frame in (before, after) if 0 <= frame < len(view.mean)]


def _differ(view: View, ends: list[int]) -> bool:
    """Whether two frames show different scenes; a single one differs from nothing."""
    if len(ends) < 2:
        return False
    return bool(novelty(view.thumbs, np.array(ends[:1]), np.array(ends[1:]))[0] >= _NEWS)


def _transitions(view: View, valley: Valley) -> list[Transition]:
    """The fade that a valley is, then the cut at its hard edge; the module has the rules."""
    (dark, last_dark), low, high = valley.hold, valley.low, valley.high
    first = low if valley.before is None else valley.before + 1
    last = high if valley.after is None else valley.after - 1
    if low == 0 or high == len(view.mean) - 1:
        return [Transition("fade", None, first, last)]
    if valley.before is None or valley.after is None:
        edge = low if valley.before is None else high + 1
        return [Transition("fade", None, first, last), Transition("cut", edge, edge, edge)]
    if view.seconds[last_dark] - view.seconds[dark] > _LONG_HOLD:
        return [Transition("fade", last_dark + 1, first, last)]
    return [Transition("fade", (dark + last_dark) // 2, first, last)]
