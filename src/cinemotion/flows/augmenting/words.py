"""What the card of an enlarged export says of its copies."""

from __future__ import annotations

from cinemotion.flows.augmenting.settings import AugmentSettings
from cinemotion.flows.augmenting.table import NAME
from cinemotion.learn.augment import POLICIES

_NEXT = "\n\n## Loading\n"  # what the section stands before


def with_copies(card: str, settings: AugmentSettings, added: int) -> str:
    """The card with a section on the copies.

    Args:
        card: The export's, as Markdown.
        settings: How they were made.
        added: How many.
    """
    steps = ", ".join(POLICIES[settings.policy]) or "nothing is changed"
    size = f"{settings.size} × {settings.size} pixels" if settings.size else "that of the original"
    sides = ", ".join(f"`{side}`" for side in settings.train)
    lines = [
        "## Augmented copies",
        f"**{added} pictures are no samples but changed copies of samples**, {settings.copies} of "
        f"each picture in {sides}; no other side has any. The table above counts samples only. A "
        "copy lies beside its original, as `ID-aug1.png` and so on, and has its label. "
        f"`{NAME}` names the original of each.",
        f"- policy: `{settings.policy}` ({steps})\n- seed: {settings.seed}\n- size: {size}",
        "Copies show a model the same faces again in other ways; they add no person, film or "
        "expression. Do not split this folder again, and do not count copies as samples: a copy "
        "and its original on two sides are a leak.",
    ]
    head, mark, tail = card.partition(_NEXT)
    section = "\n\n".join(lines)
    return f"{head.rstrip()}\n\n{section}{mark}{tail}" if mark else f"{head}\n{section}\n"
