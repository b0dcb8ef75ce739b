"""The assignment is SciPy's, with or without the package around it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from cinemotion.core import assignment


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (2, 5), (5, 2), (7, 7)])
def test_it_is_that_of_scipy(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], alone: bool
) -> None:
    from scipy.optimize import linear_sum_assignment

    assignment._routine.cache_clear()
    if not alone:
        monkeypatch.setattr(assignment, "_alone", lambda: None)
    cost = np.random.default_rng(4).random(shape)
    for found, wanted in zip(
        assignment.linear_sum_assignment(cost), linear_sum_assignment(cost), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)
    assignment._routine.cache_clear()


def test_the_rest_of_scipy_stays_away() -> None:
    script = (
        "import sys, numpy as np; from cinemotion.core.assignment import linear_sum_assignment;"
        "linear_sum_assignment(np.eye(3)); print(sum(m.startswith('scipy') for m in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert found.stdout.strip() == b"0"
