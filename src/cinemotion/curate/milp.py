"""Split by mixed-integer linear programming (SciPy's HiGHS): the optimum, or how far it may be.

    taken, bound = solve(problem, nodes=1000)

How many groups of each type every side takes is a whole number; what a side has beyond what it
should have is a linear variable. The solver stops at a number of nodes or at an absolute gap,
never at a clock, so that runs repeat (Huangfu and Hall 2018).
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array, kron

from cinemotion.curate.balance import Counts, Problem

GAP = 1e-4  # one sample in ten thousand: nobody needs a better split than this
_PERCENT = 100.0  # columns are scaled to 100, far above the solver's tolerance of 1e-6


def solve(problem: Problem, *, nodes: int) -> tuple[Counts | None, float]:
    """Look for the distribution that costs least.

    Args:
        problem: The groups and what is wanted; at least one group to place.
        nodes: Nodes of the branch-and-bound tree to visit at most.

    Returns:
        The best distribution found, int64 ``(t, k)``, or ``None`` where none was found in so
        many nodes; and a lower bound on the cost of any.
    """
    t, k = len(problem.rows), len(problem.needed)
    columns = np.flatnonzero(problem.totals)
    m = len(columns)
    # Variables: taken (t·k), excess (m·k) in percent of the column, and a constant 1 that turns
    # the solver's relative gap into an absolute one. Over the sides, what one has too much
    # another has too little, so that the excess alone is half of the misses.
    price = np.full(m * k, 1 / (_PERCENT * m))
    most = (problem.copies[:, None] * problem.allowed).ravel()
    result = milp(
        np.concatenate([np.zeros(t * k), price, [1.0]]),
        integrality=np.repeat([1, 0], [t * k, m * k + 1]),
        bounds=Bounds(
            np.concatenate([np.zeros(t * k + m * k), [1.0]]),
            np.concatenate([most, np.full(m * k, np.inf), [1.0]]),
        ),
        constraints=_constraints(problem, columns),
        options={"node_limit": nodes, "mip_rel_gap": GAP},
    )
    bound = problem.bound()
    if result.mip_dual_bound is not None:
        bound = max(bound, float(result.mip_dual_bound) - 1.0)
    if result.x is None:
        return None, bound
    taken = np.rint(result.x[: t * k]).astype(np.int64).reshape(t, k)
    # The solver's sums are rounded: a bound above what was found is not meant.
    return taken, min(bound, problem.cost(taken))


def _constraints(problem: Problem, columns: NDArray[np.int64]) -> LinearConstraint:
    (t, k), m = (len(problem.rows), len(problem.needed)), len(columns)
    scale = _PERCENT / problem.totals[columns]
    shares = problem.rows[:, columns] * scale
    matrix = block_array(
        [
            # Every group goes to exactly one side.
            [kron(eye_array(t), np.ones((1, k))), None, None],
            # The excess is at least what a side has beyond its share.
            [-kron(shares.T, eye_array(k)), eye_array(m * k), None],
            # A needed side gets a group.
            [kron(np.ones((1, t)), eye_array(k)), None, csr_array((k, 1))],
        ],
        format="csr",
    )
    start = ((problem.placed - problem.wanted)[:, columns] * scale).T.ravel()
    low = np.concatenate([problem.copies, start, problem.needed])
    high = np.concatenate([problem.copies, np.full(m * k + k, np.inf)])
    return LinearConstraint(cast("csr_array[np.float64, tuple[int, int]]", matrix), low, high)
