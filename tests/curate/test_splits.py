from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cinemotion.curate.balance import Problem
from cinemotion.curate.milp import GAP, solve
from cinemotion.curate.search import improve, place_greedily
from cinemotion.curate.splits import FREE, Solution, pose, split_groups

Counts = NDArray[np.int64]
RATIOS = st.sampled_from(
    [(70, 20, 10), (100, 0, 0), (50, 50, 0), (80, 20), (0, 0, 1), (1, 1, 1, 1, 1), (1,)]
)


@st.composite
def tables(draw: st.DrawFn, least: int = 0, most: int = 12) -> tuple[Counts, Counts, list[str]]:
    """Counts (g, c) of classes, sizes (g,) with some samples without a class, and keys."""
    groups = draw(st.integers(least, most))
    classes = draw(st.integers(0, 4))
    cell = st.integers(0, 9)
    rows = draw(st.lists(st.lists(cell, min_size=classes, max_size=classes), max_size=groups))
    rows += [[1] * classes] * (groups - len(rows))
    counts = np.array(rows, np.int64).reshape(groups, classes)
    spare = draw(st.lists(st.integers(0, 3), min_size=groups, max_size=groups))
    sizes = np.maximum(counts.sum(axis=1) + np.array(spare, np.int64), 1)
    return counts, sizes, [f"film:{i}" for i in range(groups)]


def brute_force(counts: Counts, sizes: Counts, ratios: tuple[float, ...]) -> float:
    """The least cost of any split that gives each side a group as far as there are enough."""
    rows = np.column_stack([sizes, counts])
    rows = rows[:, rows.sum(axis=0) > 0]
    share = np.array(ratios) / sum(ratios)
    wanted = np.flatnonzero(share)
    must = wanted[np.argsort(-share[wanted], kind="stable")][: len(rows)]
    best = np.inf
    for sides in product(wanted, repeat=len(rows)):
        if set(must) <= set(sides):
            got = np.stack([rows[np.array(sides) == s].sum(axis=0) for s in range(len(share))])
            gap = np.abs(got / rows.sum(axis=0) - share[:, None])
            best = min(best, float(gap.sum(axis=0).mean()) / 2)
    return best


def recount(counts: Counts, sizes: Counts, solution: Solution) -> None:
    """The figures of a solution follow from its assignment."""
    rows = np.column_stack([sizes, counts])
    for side, got in enumerate(solution.got):
        np.testing.assert_array_equal(rows[solution.assignment == side].sum(axis=0), got)
    filled = rows.sum(axis=0) > 0
    if filled.any():
        assert solution.cost == pytest.approx(solution.deviation[filled].mean())
    assert solution.bound <= solution.cost + GAP + 1e-9
    assert 0 <= solution.cost <= 1


@settings(max_examples=60, deadline=None)
@given(tables(), RATIOS)
def test_every_group_is_on_one_side_and_the_sides_are_as_asked(
    table: tuple[Counts, Counts, list[str]], ratios: tuple[float, ...]
) -> None:
    counts, sizes, keys = table
    solution = split_groups(counts, sizes, ratios, keys=keys)
    assert solution.assignment.shape == (len(keys),)
    recount(counts, sizes, solution)
    used = set(solution.assignment.tolist())
    wanted = {side for side, ratio in enumerate(ratios) if ratio}
    assert used <= wanted
    assert len(used) == min(len(wanted), len(keys))
    np.testing.assert_array_equal(solution.holders, (counts > 0).sum(axis=0))


@settings(max_examples=25, deadline=None)
@given(tables(least=1, most=7), st.sampled_from([(70, 20, 10), (50, 50, 0), (80, 20)]))
def test_small_tables_are_split_as_well_as_can_be(
    table: tuple[Counts, Counts, list[str]], ratios: tuple[float, ...]
) -> None:
    counts, sizes, keys = table
    solution = split_groups(counts, sizes, ratios, keys=keys)
    best = brute_force(counts, sizes, ratios)
    assert best - 1e-9 <= solution.cost <= best + 5e-4
    assert solution.bound <= best + 1e-9


@settings(max_examples=25, deadline=None)
@given(tables(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_the_groups_does_not_matter(
    table: tuple[Counts, Counts, list[str]], random: object, seed: int
) -> None:
    counts, sizes, keys = table
    order = list(range(len(keys)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first = split_groups(counts, sizes, (70, 20, 10), keys=keys, seed=seed)
    again = split_groups(
        counts[order], sizes[order], (70, 20, 10), keys=[keys[i] for i in order], seed=seed
    )
    np.testing.assert_array_equal(first.assignment[order], again.assignment)
    assert first.cost == again.cost


@settings(max_examples=30, deadline=None)
@given(tables(least=1), st.data())
def test_what_is_fixed_stays(table: tuple[Counts, Counts, list[str]], data: st.DataObject) -> None:
    counts, sizes, keys = table
    sides = st.lists(st.integers(FREE, 2), min_size=len(keys), max_size=len(keys))
    fixed = np.array(data.draw(sides))
    solution = split_groups(counts, sizes, (70, 20, 10), keys=keys, fixed=fixed)
    stays = fixed != FREE
    np.testing.assert_array_equal(solution.assignment[stays], fixed[stays])
    recount(counts, sizes, solution)


@settings(max_examples=25, deadline=None)
@given(tables(least=2))
def test_more_groups_move_none_of_those_before(table: tuple[Counts, Counts, list[str]]) -> None:
    counts, sizes, keys = table
    half = len(keys) // 2
    before = split_groups(counts[:half], sizes[:half], (70, 20, 10), keys=keys[:half])
    fixed = np.append(before.assignment, np.full(len(keys) - half, FREE))
    after = split_groups(counts, sizes, (70, 20, 10), keys=keys, fixed=fixed)
    np.testing.assert_array_equal(after.assignment[:half], before.assignment)


def random_problem(seed: int, groups: int, ratios: tuple[float, ...] = (70, 20, 10)) -> Problem:
    random = np.random.default_rng(seed)
    counts = random.poisson(random.lognormal(1, 1, (groups, 4)))
    rows = np.column_stack([counts.sum(axis=1) + 1, counts])
    return pose(rows, np.full(groups, FREE), ratios, 0)[0]


@pytest.mark.parametrize("seed", range(5))
def test_the_program_is_as_good_as_the_search_and_both_obey_the_bound(seed: int) -> None:
    problem = random_problem(seed, 14)
    greedy = place_greedily(problem)
    searched = improve(problem, greedy, seed=0)
    solved, bound = solve(problem, nodes=2000)
    assert solved is not None
    np.testing.assert_array_equal(solved.sum(axis=1), problem.copies)
    assert problem.cost(searched) <= problem.cost(greedy)
    assert problem.bound() <= bound <= problem.cost(solved)
    assert bound <= problem.cost(searched) + 1e-9
    assert problem.cost(solved) <= problem.cost(searched) + GAP + 1e-9


def test_the_program_improves_on_the_search_where_it_can() -> None:
    problem = random_problem(0, 20)
    searched = improve(problem, place_greedily(problem), seed=0)
    solved, bound = solve(problem, nodes=1000)
    assert solved is not None
    assert problem.cost(solved) < problem.cost(searched) - 10 * GAP
    assert problem.cost(solved) <= bound + GAP


def test_the_program_is_asked_where_the_search_is_not_known_to_be_good() -> None:
    random = np.random.default_rng(0)
    counts = random.poisson(random.lognormal(1, 1, (20, 4)))
    keys = [str(i) for i in range(len(counts))]
    solution = split_groups(counts, counts.sum(axis=1) + 1, (70, 20, 10), keys=keys)
    assert (solution.method, solution.optimal) == ("milp", True)


def test_single_pictures_of_few_kinds_are_split_to_the_sample() -> None:
    random = np.random.default_rng(0)
    counts = np.eye(7, dtype=np.int64)[random.choice(7, 30_000)]
    keys = [str(i) for i in range(len(counts))]
    solution = split_groups(counts, np.ones(len(counts)), (70, 20, 10), keys=keys)
    assert np.abs(solution.got - solution.wanted).max() <= 1
    assert solution.optimal


def test_thousands_of_different_groups_are_split_well_by_the_search() -> None:
    random = np.random.default_rng(0)
    counts = random.poisson(random.lognormal(2, 1, (4000, 7)))
    keys = [str(i) for i in range(len(counts))]
    solution = split_groups(counts, counts.sum(axis=1) + 1, (70, 20, 10), keys=keys)
    assert solution.method == "search"
    assert solution.cost < 1e-3


def test_another_seed_makes_another_choice_among_equals() -> None:
    counts = np.ones((30, 1), np.int64)
    keys = [str(i) for i in range(30)]
    splits = [
        tuple(split_groups(counts, [1] * 30, (70, 20, 10), keys=keys, seed=seed).assignment)
        for seed in (0, 0, 1)
    ]
    assert splits[0] == splits[1] != splits[2]
    assert sorted(splits[0]) == sorted(splits[2])


def test_a_side_that_is_full_already_gets_no_more() -> None:
    fixed = [0, 0, FREE, FREE]
    solution = split_groups(
        [[8], [8], [1], [1]], [8, 8, 1, 1], (50, 50, 0), keys=list("abcd"), fixed=fixed
    )
    assert solution.assignment.tolist() == [0, 0, 1, 1]
    assert solution.bound == pytest.approx(solution.cost)
    np.testing.assert_allclose(solution.gaps[:, 0], [16 / 18 - 0.5, 2 / 18 - 0.5, 0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keys": ["a", "a"]}, "different keys"),
        ({"keys": ["a"]}, "different keys"),
        ({"sizes": [0, 1]}, "at least one sample"),
        ({"counts": [[-1], [1]]}, "at least one sample"),
        ({"ratios": (0, 0)}, "not all 0"),
        ({"ratios": (2, -1)}, "at least 0"),
        ({"ratios": (1, float("nan"))}, "at least 0"),
        ({"ratios": (1, float("inf"))}, "at least 0"),
        ({"fixed": [0, 3]}, "fixed side"),
        ({"fixed": [0, -2]}, "fixed side"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change: dict[str, object], words: str) -> None:
    given_ = {"counts": [[1], [1]], "sizes": [1, 1], "ratios": (50, 50), "keys": ["a", "b"]}
    with pytest.raises(ValueError, match=words):
        split_groups(**(given_ | change))  # type: ignore[arg-type]


def test_a_problem_checks_its_shapes() -> None:
    problem = random_problem(0, 5)
    with pytest.raises(ValueError, match="sides got"):
        Problem(
            problem.rows,
            problem.copies[:-1],
            problem.placed,
            problem.wanted,
            problem.needed,
            problem.allowed,
        )
