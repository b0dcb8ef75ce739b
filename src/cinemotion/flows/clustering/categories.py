"""What points are coloured by: a value per sample, as few enough names to tell them apart.

    films = categorise(["Nosferatu", None, "Nosferatu", "Metropolis"])
    films.names        # ("Nosferatu", "Metropolis", "none")
    films.codes        # int64 (4,): 0, 2, 0, 1
    films.colours      # ("#0072b2", …), one for each name

The colours are those of Okabe and Ito (2008), which colour-blind people can tell apart; beyond
eight names the marks change their shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Okabe and Ito, Color Universal Design; black left out (it is no colour on a dark page).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a900", "#8f63c7")
_NOTHING = "#9a958e"
_MOST = 2 * len(COLOURS)  # names with a colour and a shape of their own


@dataclass(frozen=True, slots=True)
class Categories:
    """A value per sample as a number of a name.

    Attributes:
        names: The names; where there are too many, the rarest are ``N others``.
        codes: int64 ``(n,)``, a place in ``names`` per sample.
        colours: A colour ``#rrggbb`` per name.
        shapes: ``circle`` or ``diamond`` per name.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    colours: tuple[str, ...]
    shapes: tuple[str, ...]


def categorise(
    values: Sequence[str | None], *, order: Sequence[str] = (), nothing: str = "none"
) -> Categories:
    """Number the values; the most frequent come first.

    Args:
        values: A value per sample, or ``None``.
        order: Values in the order that they shall have, before all others.
        nothing: The name for ``None``.
    """
    counts = Counter(value for value in values if value is not None)
    kept = {
        name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    }
    first = [name for name in order if name in kept]
    rest = sorted(kept.difference(first), key=lambda name: (-counts[name], name))
    names = [*first, *rest]
    known = {name: code for code, name in enumerate(names)}
    greys = []
    if others := len(counts) - len(kept):
        greys.append(f"{others} others")
    if any(value is None for value in values):
        greys.append(nothing)
    codes = [len(names) + len(greys) - 1 if v is None else known.get(v, len(names)) for v in values]
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(names))]
    shapes = ["diamond" if i >= len(COLOURS) else "circle" for i in range(len(names))]
    return Categories(
        (*names, *greys),
        np.asarray(codes, np.int64),
        (*colours, *(_NOTHING for _ in greys)),
        (*shapes, *("circle" for _ in greys)),
    )
