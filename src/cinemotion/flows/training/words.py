"""What a model is for and what it is not for, in words: the card as a page to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cinemotion.core.writing import replacing
from cinemotion.learn.modelfolder import Card

USE = (
    "To sort, search and describe the expressions that faces show in films and photographs, with "
    "a person who looks at what matters."
)
LIMITS = (
    "It names the expression that a face shows, as raters would name it. What somebody feels "
    "cannot be seen, least of all in an actor.",
    "It must not decide about people: not on work, schooling, credit, care, policing or safety. "
    "Recognising emotions at work and in education is forbidden in the European Union (Regulation "
    "2024/1689, article 5).",
    "Raters disagree about many such pictures, and so will you with it.",
    "It was measured on the data named below alone. On other people, ages, lights, angles and "
    "styles it is worse, and not equally for all.",
)


def write_readme(folder: Path, card: Card) -> None:
    """Write the card as ``README.md``."""
    with replacing(folder / "README.md") as draft:
        draft.write_text(_page(card), encoding="utf-8")


def _page(card: Card) -> str:
    lines = [
        f"# {card.name}",
        "",
        f"{card.model}, {card.parameters:,} weights, pictures of {card.size} pixels; answers "
        f"{', '.join(card.classes)}, or `unknown` below a confidence of {card.unknown_below:.2f}.",
        *_conventions(card),
        "",
        f"**Use.** {card.use}",
        "",
        "**Limits.**",
        "",
        *(f"- {limit}" for limit in card.limits),
        "",
        f"**Licence of the weights.** {card.licence}",
        "",
        "## Measured",
        "",
        *(line for name, found in card.measures.items() for line in _measures(name, found)),
        "## Trained",
        "",
        *(f"- {name}: {value}" for name, value in card.data.items()),
        "",
    ]
    return "\n".join(lines)


def _conventions(card: Card) -> list[str]:
    if not card.conventions:
        return []
    names = ", ".join(f"`{card.name}:{each.name}`" for each in card.conventions)
    same = [each.name for each in card.conventions if each.heads == card.heads]
    plain = f" `{card.name}` alone answers as `{same[0]}`." if same else ""
    return ["", f"It learned several sets of labels; ways to answer: {names}.{plain}"]


def _measures(name: str, found: dict[str, Any]) -> list[str]:
    ends = {f"{key}_{end}" for key in found for end in ("low", "high")}
    numbers = [
        f"- {key}: {value:.4g}{_between(key, found)}"
        for key, value in found.items()
        if _plain(value) and key not in ends
    ]
    drawn = f" (95 % intervals, drawn {found['interval']})" if "interval" in found else ""
    return [f"On `{name}`{drawn}:", "", *numbers, ""]


def _between(key: str, found: dict[str, Any]) -> str:
    """The interval of a measure, which cards of earlier versions do not have."""
    if f"{key}_low" not in found:
        return ""
    return f" ({found[f'{key}_low']:.4g} to {found[f'{key}_high']:.4g})"


def _plain(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
