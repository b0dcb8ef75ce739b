"""The second pass of ``per-shot`` sampling: which frames, now that the shots are known.

choose_targets(store, work)      # fills work.targets
"""

from __future__ import annotations

import numpy as np

from cinemotion.dataset.store import Store
from cinemotion.dataset.tables import owned
from cinemotion.flows.building.desk import FilmWork
from cinemotion.flows.building.join import read_shots


def choose_targets(store: Store, work: FilmWork) -> None:
    """Spread ``per_shot`` frames evenly over each shot of a film.

    A shot of n frames is cut into ``per_shot`` equal parts and the middle frame of each is
    taken, which stays away from the cuts; a shorter shot gives all its frames.
    """
    where = owned(work.film_id, work.recipe_id)
    signals, shots = read_shots(store, work.film, work.recipe, where)
    per_shot = work.recipe.sampling.per_shot
    chosen: list[int] = []
    for shot in shots:
        n = shot.end_frame - shot.start_frame
        parts = (np.arange(per_shot) + 0.5) * n / per_shot
        ordinals = np.unique(shot.start_frame + parts.astype(np.int64))
        chosen += [int(signals.pts[ordinal]) for ordinal in ordinals]
    work.targets = {}
    for segment in work.segments:
        low = -np.inf if segment.start is None else segment.start
        high = np.inf if segment.end is None else segment.end
        inside = tuple(pts for pts in chosen if low <= pts < high)
        if inside:
            work.targets[segment.index] = inside
