"""What the page of an analysis needs to draw the film as a strip: its barcode and its scenes.

The page draws them on a canvas (``looking/templates/strip.js``), shots below.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.barcode import barcode, encode_png, thinned

MOST_SCENES = 1000
"""Rows in the page's table of scenes."""

_MOST_COLUMNS = 4000  # of the page's barcode; barcode.png beside it has them all
_NAMED = 6  # characters of a scene


def barcode_uri(analysis: Analysis) -> str | None:
    """The barcode as a data URI, a pixel for each stripe; ``None`` where there is none."""
    columns = barcode(analysis.seen, analysis.footage.every)
    if columns is None:
        return None
    data = encode_png(thinned(columns, _MOST_COLUMNS))
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def scene_values(analysis: Analysis) -> list[list[Any]] | None:
    """Each scene as JSON values: start, end, shares or null, names, how many more there are."""
    if analysis.scenes is None:
        return None
    names = {person.id: person.name for person in analysis.people}
    return [
        [
            round(scene.start, 3),
            round(scene.end, 3),
            np.round(scene.probabilities, 3).tolist()
            if np.isfinite(scene.probabilities).all()
            else None,
            [names[id] for id in scene.characters[:_NAMED]],
            max(0, len(scene.characters) - _NAMED),
        ]
        for scene in analysis.scenes
    ]
