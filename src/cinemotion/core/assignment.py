"""SciPy's linear assignment (Crouse 2016), without the rest of SciPy.

    rows, columns = linear_sum_assignment(cost)

It is one compiled file, and the package around it takes a third of a second to load, which a build
of a short film feels. Where the file does not lie where it does today, the package is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Assign = Callable[[Doubles], tuple[Ints, Ints]]


def linear_sum_assignment(cost: Doubles) -> tuple[Ints, Ints]:
    """Which row goes with which column, so that the sum of the costs is least.

    Args:
        cost: float64 ``(m, n)``.

    Returns:
        Rows and columns, int64 ``(min(m, n),)`` both, in the order of the rows.
    """
    return _routine()(cost)


@cache
def _routine() -> Assign:
    alone = _alone()
    if alone is not None:
        return alone
    from scipy.optimize import linear_sum_assignment as whole

    found: Assign = whole
    return found


def _alone() -> Assign | None:
    """The routine from its own file; ``None`` where that is not as it was."""
    package = find_spec("scipy")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(next(iter(package.submodule_search_locations))) / "optimize"
    spec = PathFinder.find_spec("_lsap", [str(folder)])
    if spec is None or spec.loader is None:
        return None
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found: Assign = module.linear_sum_assignment
    except (ImportError, AttributeError):
        return None
    return found
