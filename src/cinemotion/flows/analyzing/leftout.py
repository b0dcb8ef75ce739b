"""Exports that cannot be written here, since a package is not installed, and why."""

from __future__ import annotations

import importlib.util

from cinemotion.core.errors import MissingExtraError

OTIO = "film.otio"


def left_out() -> dict[str, str]:
    """The files that are missing, each with what to do about it."""
    if importlib.util.find_spec("opentimelineio") is None:
        return {OTIO: str(MissingExtraError("opentimelineio", "otio"))}
    return {}
