"""What goes to a worker and what comes back: a segment's job and its result.

job = SegmentJob(film, "ab…", 0, None, None, recipe, recipe_id)
pickle.dumps(job)                # both cross the border between processes

Apart from the work itself (:mod:`.segment`), so that the parent, which only sends jobs, need
not load decoders, detectors and what else a worker needs before the first job is out.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from cinemotion.core.types import Film
from cinemotion.recipes import BuildRecipe


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """A unit of work: which stretch of which film, and how.

    Attributes:
        film: The probed film.
        film_id: SHA-256 of its file.
        index: Number of the segment in the film.
        start: First time (pts), or ``None``: from the film's first frame.
        end: First time (pts) that no longer belongs to it, or ``None``: to the film's end.
        recipe: The settings.
        recipe_id: Their id.
        resets: Times (pts) at which the stillness gate forgets; they follow from the film
            and the recipe alone, whatever the segments.
        targets: The only frames (pts) to look at; ``None``: those that the recipe's sampling
            chooses; ``()``: none, for a pass over the signals alone.
    """

    film: Film
    film_id: str
    index: int
    start: int | None
    end: int | None
    recipe: BuildRecipe
    recipe_id: str
    resets: frozenset[int] = frozenset()
    targets: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What a segment yields.

    Attributes:
        crops: Rows of the table ``crops``.
        facts: Rows of the table ``facts``, still without what needs the neighbours.
        frames: Rows of the table ``frames``.
        signals: Encoded :class:`~cinemotion.video.signals.Signals` of every decoded frame.
        n_frames: How many frames were decoded.
        end_pts: When the last of them leaves the screen.
        errors: How many could not be decoded.
        first_error: What the decoder said of the first of those.
    """

    crops: pa.Table
    facts: pa.Table
    frames: pa.Table
    signals: bytes
    n_frames: int
    end_pts: int
    errors: int
    first_error: str | None
