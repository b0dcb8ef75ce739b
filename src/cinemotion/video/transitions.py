"""The noun of the shot finder: a transition, and the settings that say what counts as one.

    Transition("dissolve", boundary=64, first=52, last=76)
    ShotSettings(shortest_shot=0.3)

``cuts``, ``fades`` and ``dissolves`` each return a list of transitions; ``shots`` turns all of
them into shots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cinemotion.core.errors import BadRecipeError

FLASH_FRAMES = 5  # a flash may last so many frames, however slowly they follow each other


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of shot, or a fade at an end of the film. All fields count frames from 0.

    Attributes:
        kind: ``cut``, ``fade`` or ``dissolve``.
        boundary: First frame of the new shot; ``None`` where a fade only opens or closes the
            film, so that no shot begins with it.
        first: First frame of the transition.
        last: Last frame of the transition, included.
    """

    kind: Literal["cut", "fade", "dissolve"]
    boundary: int | None
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotSettings:
    """What counts as a shot. Times are seconds, so they mean the same at every frame rate.

    Attributes:
        shortest_shot: Of two boundaries closer than this only the first stands.
        longest_flash: A change that is undone within this time (or within five frames, where
            those last longer) is a flash, not two cuts.
        longest_transition: Longest fade (each way) and longest dissolve that are looked for.
        cut_novelty: Share of a frame's structure, in (0, 1), that the frame before leaves
            unexplained at a cut.
    """

    shortest_shot: float = 0.15
    longest_flash: float = 0.25
    longest_transition: float = 4.0
    cut_novelty: float = 0.4

    def __post_init__(self) -> None:
        times = (self.shortest_shot, self.longest_flash, self.longest_transition)
        if min(times) < 0 or max(times) > 60:
            raise BadRecipeError(f"the times of shot settings are 0 to 60 seconds, got {times}")
        if not 0 < self.cut_novelty < 1:
            raise BadRecipeError(f"cut_novelty lies between 0 and 1, got {self.cut_novelty}")
