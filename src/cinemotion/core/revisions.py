"""Revisions of our own components.

Raise one when a change makes its results differ: the recipe's id covers these numbers, so
that results of two revisions are never mixed in one dataset without being told apart.
"""

from __future__ import annotations

REVISIONS = {
    "reader": 2,
    "colour": 1,
    "letterbox": 1,
    "thumbnail": 1,
    "segments": 1,
    "sampling": 1,
    "signals": 2,
    "shots": 3,
    "centerface": 2,
    "centerface-float": 1,
    "yunet": 1,
    "dlib-identity": 1,
    "align": 1,
    "standardise": 1,
    "tracks": 2,
    "quality": 1,
}
