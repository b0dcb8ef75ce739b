"""Long copies and element-wise work on all cores; NumPy lets other threads run meanwhile.

    in_slices(lambda part: np.maximum(x[part], 0, out=y[part]), len(x), x.size)

Matrix products need no help: the BLAS under NumPy has threads of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

from cinemotion.numpynet.arrays import Array

_WORTH_IT = 100_000  # numbers; below, waking a thread takes longer than the work
_PIECES = 4  # per thread: whoever is ready takes the next one


def in_slices(work: Callable[[slice], object], length: int, size: int) -> None:
    """Call ``work`` for slices that together are ``range(length)``, on several threads at once.

    Args:
        work: Must not depend on the other slices.
        length: What is sliced.
        size: How many numbers it is about.
    """
    workers = min(os.cpu_count() or 1, length)
    if workers < 2 or size < _WORTH_IT:
        work(slice(0, length))
        return
    pieces = min(length, workers * _PIECES)
    ends = [length * i // pieces for i in range(pieces + 1)]
    slices = iter([slice(*each) for each in pairwise(ends)])

    def take() -> None:
        for part in slices:  # a list's iterator gives each slice to one thread
            work(part)

    others = [_pool(os.getpid()).submit(take) for _ in range(workers - 1)]
    take()
    for other in others:
        other.result()


def copy_rows(target: Array, source: Array) -> None:
    """``target[...] = source`` on all cores, cut along the first axis that is long enough."""
    axis = 0 if len(target) > 1 else 1
    if axis == 1 and target.ndim > 1:
        target, source = target[0], source[0]

    def copy(part: slice) -> None:
        target[part] = source[part]

    in_slices(copy, len(target), target.size)


@lru_cache(maxsize=1)
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of this process; a forked child has to start its own."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "numpynet")
