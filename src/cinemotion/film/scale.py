"""Shot scale, from close-up to long shot, by how tall a face stands in the frame.

    scale(0.41)         # "close-up"

The borders follow from proportions of a body that is seven and a half heads tall, with a face that
fills three quarters of its head: a medium shot, from the waist up, shows about four heads, so that
its faces take a fifth of the frame's height. A border lies half-way, as ratios go, between two
scales. Where nobody's face is seen there is no scale.
"""

from __future__ import annotations

SCALES: tuple[tuple[str, float], ...] = (
    ("extreme close-up", 0.65),
    ("close-up", 0.37),
    ("medium close-up", 0.25),
    ("medium shot", 0.16),
    ("medium long shot", 0.10),
    ("long shot", 0.05),
    ("extreme long shot", 0.0),
)
"""Names, and the smallest height of a face, by the height of the frame, from near to far."""


def scale(share: float) -> str:
    """The scale of a shot.

    Args:
        share: Height of its tallest face by the height of the frame.

    Raises:
        ValueError: It is negative or no number.
    """
    if not share >= 0:
        raise ValueError(f"a face's share of the frame's height is 0 or more, got {share}")
    return next(name for name, least in SCALES if share >= least)
