"""How far annotators agree beyond chance: Cohen's and Fleiss' kappa, Krippendorff's alpha.

    counts = np.array([[3, 0], [2, 1], [0, 3]])       # 3 samples, 2 classes, 3 raters each
    fleiss_kappa(counts)
    krippendorff_alpha(counts)
    per_class(fleiss_kappa, counts)                   # one value per class, against the rest
    cohen_kappa(np.array([0, 0, 1]), np.array([0, 1, 1]))

1 is full agreement, 0 what chance gives, below 0 is worse than chance. A figure is NaN where it
is not defined: nothing to compare, or only one class ever used. All measures are nominal: one
class is as far from a second as from a third.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
Measurement 20, 1960. J. L. Fleiss, "Measuring nominal scale agreement among many raters",
Psychological Bulletin 76, 1971. K. Krippendorff, "Computing Krippendorff's alpha-reliability",
University of Pennsylvania, 2011.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Codes = NDArray[np.int64]

MISSING = -1


def cohen_kappa(first: Codes, second: Codes) -> float:
    """Agreement of two annotators on the samples that both labelled.

    Args:
        first: int64 ``(n,)``: the class of each sample, from 0; :data:`MISSING` where none.
        second: The same of the other annotator.
    """
    both = (first != MISSING) & (second != MISSING)
    a, b = first[both], second[both]
    if not len(a):
        return float("nan")
    classes = int(max(a.max(), b.max())) + 1
    observed = float(np.mean(a == b))
    chance = np.bincount(a, minlength=classes) @ np.bincount(b, minlength=classes) / len(a) ** 2
    return _beyond_chance(observed, float(chance))


def fleiss_kappa(counts: Counts) -> float:
    """Agreement of any number of raters who need not be the same from sample to sample.

    Fleiss has the same number of raters for every sample. Where the numbers differ, samples with
    fewer than two raters are left out, every other one counts alike in the observed agreement,
    and every vote alike in the chance agreement: with equal numbers, the same as Fleiss.

    Args:
        counts: int64 ``(n, classes)``: how many raters gave each sample each class.
    """
    counts, raters = _comparable(counts)
    if not len(counts):
        return float("nan")
    pairs = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))
    shares = counts.sum(axis=0) / raters.sum()
    return _beyond_chance(float(pairs.mean()), float(shares @ shares))


def krippendorff_alpha(counts: Counts) -> float:
    """Agreement of any number of raters, with missing votes, corrected for small samples.

    Args:
        counts: int64 ``(n, classes)``: how many raters gave each sample each class.
    """
    counts, raters = _comparable(counts)
    if not len(counts):
        return float("nan")
    votes = int(raters.sum())
    agreeing = float(((counts * (counts - 1)).sum(axis=1) / (raters - 1)).sum() / votes)
    totals = counts.sum(axis=0)
    chance = float((totals * (totals - 1)).sum() / (votes * (votes - 1)))
    return _beyond_chance(agreeing, chance)


def per_class(measure: Callable[[Counts], float], counts: Counts) -> list[float]:
    """A measure for each class against all the others together.

    Args:
        measure: :func:`fleiss_kappa` or :func:`krippendorff_alpha`.
        counts: int64 ``(n, classes)``.
    """
    raters = counts.sum(axis=1)
    return [measure(np.stack([one, raters - one], axis=1)) for one in counts.T]


def cohen_per_class(first: Codes, second: Codes, classes: int) -> list[float]:
    """Cohen's kappa for each class against all the others together."""

    def against(codes: Codes, one: int) -> Codes:
        return np.where(codes == MISSING, MISSING, (codes == one).astype(np.int64))

    return [cohen_kappa(against(first, one), against(second, one)) for one in range(classes)]


def _comparable(counts: Counts) -> tuple[Counts, Counts]:
    """The samples with at least two raters, and how many raters each has."""
    counts = counts.astype(np.int64)
    raters = counts.sum(axis=1)
    return counts[raters >= 2], raters[raters >= 2]


def _beyond_chance(observed: float, chance: float) -> float:
    return float("nan") if chance >= 1 else (observed - chance) / (1 - chance)
