"""How sure a measure is: the bootstrap over samples, or over whole groups of them.

low, high = bootstrap(lambda rows: accuracy(truth[rows], found[rows]), n=len(truth), seed=0)
p = paired_p(right_a, right_b)          # McNemar's exact test
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_ENDS = (2.5, 97.5)


def bootstrap(
    measure: Callable[[Rows], float],
    *,
    n: int,
    seed: int,
    groups: Sequence[str] | None = None,
    draws: int = 1000,
) -> tuple[float, float]:
    """The 95 % interval of a measure by percentiles of draws with replacement (Efron 1979).

    Args:
        measure: Of the samples with these rows, some of them several times.
        n: How many samples there are.
        seed: Of the draws.
        groups: The group of each sample: then whole groups are drawn, since frames of one film are
            not independent.
        draws: How many.
    """
    random = np.random.default_rng(seed)
    if groups is None:
        found = [measure(random.integers(0, n, n)) for _ in range(draws)]
    else:
        numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
        order = np.argsort(numbers, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(numbers))[:-1])
        count = len(members)
        found = [
            measure(np.concatenate([members[each] for each in random.integers(0, count, count)]))
            for _ in range(draws)
        ]
    low, high = np.percentile(found, _ENDS)
    return float(low), float(high)


def intervals(
    measures: Mapping[str, Callable[[Rows], float]],
    *,
    n: int,
    seed: int,
    groups: Sequence[str] | None = None,
) -> dict[str, float]:
    """:func:`bootstrap` of several measures, as a model's card has them: ``NAME_low`` and so on."""
    found: dict[str, float] = {}
    for name, measure in measures.items():
        low, high = bootstrap(measure, n=n, seed=seed, groups=groups)
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found


def paired_p(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """How likely two models that are equally good differ as much on the same samples.

    McNemar's exact test (1947): of the samples that one alone got right, two-sided.

    Args:
        one: Whether the one model is right, bool ``(n,)``.
        other: The same of the other.
    """
    from scipy.stats import binomtest

    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if only_one + only_other == 0:
        return 1.0
    return float(binomtest(only_one, only_one + only_other).pvalue)
