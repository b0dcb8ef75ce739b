"""How copies are made: with which policy, how many, from which seed, of which sides."""

from __future__ import annotations

from dataclasses import dataclass

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.export.content import Content
from cinemotion.learn.augment import POLICIES

_JUDGES = ("val", "test")


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How copies are made.

    Attributes:
        policy: One of ``learn.augment.POLICIES``.
        copies: Of each training picture.
        seed: Of all that is left to chance, not negative.
        size: Height and width of the copies, in pixels; ``None`` keeps each picture's.
        train: The sides that are enlarged.

    Raises:
        BadInputError: A value is out of range.
    """

    policy: str = "light"
    copies: int = 4
    seed: int = 0
    size: int | None = None
    train: tuple[str, ...] = ("train",)

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise BadInputError(f"no policy {self.policy!r}; there are: {', '.join(POLICIES)}")
        least = {"copies": (self.copies, 1), "seed": (self.seed, 0)}
        if self.size is not None:
            least["size"] = (self.size, 1)
        for name, (value, bound) in least.items():
            if value < bound:
                raise BadInputError(f"{name} must be at least {bound}, got {value}")
        if not self.train:
            raise BadInputError("no side to enlarge is named; name one, for instance train")
        for side in self.train:
            if side in _JUDGES:
                raise BadInputError(
                    f"{side} is never augmented: a model is judged on pictures as they are; name "
                    "the sides that it learns from"
                )


def check_sides(content: Content, settings: AugmentSettings) -> None:
    """Refuse sides that a version does not have, and to leave none to test on.

    Raises:
        BadInputError: A side is not there, or all of several are to be enlarged.
    """
    sides = content.splits
    version = f"version {content.version.id[:12]}"
    for side in settings.train:
        if side in sides:
            continue
        example = f"--train {','.join(sides[:-1])}" if len(sides) > 1 else "cinemotion split"
        raise BadInputError(
            f"{version} has no side {side!r}, its sides are {', '.join(sides) or 'none'}; name "
            f"those that a model learns from, for instance {example}"
        )
    if len(sides) > 1 and set(sides) <= set(settings.train):
        raise BadInputError(
            f"--train names all sides of {version}, so that none is left to test on; leave one out"
        )
