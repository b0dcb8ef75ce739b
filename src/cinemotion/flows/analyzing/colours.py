"""The colour of each expression, the same in every film, page and figure.

Okabe and Ito, Color Universal Design: colour-blind people can tell them apart.
"""

from __future__ import annotations

_COLOURS = {
    "angry": "#d55e00",
    "disgust": "#8f63c7",
    "fear": "#56b4e9",
    "happy": "#e69f00",
    "sad": "#0072b2",
    "surprise": "#cc79a7",
    "neutral": "#9a958e",
    "contempt": "#009e73",
}
_OTHER = "#b8a900"


def colour_of(name: str) -> str:
    """``#rrggbb``; one colour for all classes that are no pinned emotion."""
    return _COLOURS.get(name, _OTHER)
