"""The search for near hashes, against comparing all with all."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cinemotion.core.errors import BadInputError
from cinemotion.curate import closest, linking
from cinemotion.curate.forest import Forest
from cinemotion.curate.masks import BLOCKS, masks
from cinemotion.curate.neighbours import Nearness, closest_across, links
from cinemotion.curate.runs import equal_runs

Bits = NDArray[np.uint64]


def noisy(chance: np.random.Generator, centres: Bits, rate: float) -> Bits:
    """Hashes around centres, each bit flipped with a probability."""
    flips = chance.random((len(centres), 64)) < rate
    return centres ^ np.packbits(flips, axis=1).view(np.uint64).ravel()


def clumps(seed: int, n: int, count: int, rate: float) -> tuple[Bits, Bits]:
    """Both hashes of ``n`` pictures around so many centres."""
    chance = np.random.default_rng(seed)
    centres = chance.integers(0, 2**64, (count, 2), dtype=np.uint64)
    of = chance.integers(0, count, n)
    return noisy(chance, centres[of, 0], rate), noisy(chance, centres[of, 1], rate)


def components(n: int, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int32]:
    """Numbers of the components, in the order of their first members."""
    graph = coo_array((np.ones(len(i)), (i, j)), (n, n))
    part = connected_components(graph, directed=False)[1]
    _, first, where = np.unique(part, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[where]


SETS = {
    "seed": st.integers(0, 2**32),
    "n": st.integers(0, 400),
    "count": st.integers(1, 12),
    "rate": st.sampled_from([0.0, 0.01, 0.04, 0.08, 0.5]),
}


@settings(max_examples=80, deadline=None)
@given(**SETS, most=st.integers(0, 8), more=st.sampled_from([0, 3, 10, 64]))
@example(seed=0, n=1500, count=2, rate=0.02, most=6, more=10)
@example(seed=1, n=1500, count=1, rate=0.04, most=6, more=64)
def test_links_connect_what_near_pairs_connect(
    seed: int, n: int, count: int, rate: float, most: int, more: int
) -> None:
    check_links(*clumps(seed, n, count, rate), Nearness(phash=most, dhash=more))


def check_links(phash: Bits, dhash: Bits, near: Nearness) -> None:
    n = len(phash)
    i, j = links(phash, dhash, near)
    assert np.all(i < j)
    assert np.all(near.holds(phash[i], phash[j], dhash[i], dhash[j]))
    alike = near.holds(phash[:, None], phash, dhash[:, None], dhash)
    expected = components(n, *np.nonzero(np.triu(alike, 1)))
    np.testing.assert_array_equal(components(n, i, j), expected)
    assert len(i) == n - len(np.unique(expected))  # a forest, no more


@pytest.mark.parametrize("rate", [0.03, 0.12])
def test_long_runs_are_searched_in_all_ways(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "_FEW", 10)
    monkeypatch.setattr(linking, "_SHORT", 2)
    monkeypatch.setattr(linking, "_LONG", 4)
    monkeypatch.setattr(linking, "_MANY", 200)  # splits by the second hash
    monkeypatch.setattr(linking, "_BLOCK", 100)
    check_links(*clumps(3, 700, 5, rate), Nearness(phash=6, dhash=10))


def test_a_clump_costs_no_memory_for_its_pairs() -> None:
    chance = np.random.default_rng(0)
    centre = np.full(20_000, chance.integers(0, 2**64, dtype=np.uint64))
    flips = [np.uint64(1) << chance.integers(0, 64, 20_000, dtype=np.uint64) for _ in range(3)]
    phash = np.concatenate(
        [centre ^ flips[0] ^ flips[1] ^ flips[2], chance.integers(0, 2**64, 5000, dtype=np.uint64)]
    )
    tracemalloc.start()
    i, _ = links(phash, np.zeros_like(phash), Nearness(phash=6, dhash=64))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(i) == 19_999
    assert peak < 60e6  # its 2e8 pairs would take 3,200 MB


def test_links_are_the_same_on_every_run() -> None:
    phash, dhash = clumps(5, 3000, 40, 0.03)
    first, second = (links(phash, dhash, Nearness()) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("limits", [{"phash": 11}, {"phash": -1}, {"dhash": 65}])
def test_limits_out_of_range_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(BadInputError, match="0 to 10 bits of pHash and 0 to 64 of dHash, got"):
        Nearness(**limits)


def test_blank_is_what_hardly_deviates_or_is_not_known() -> None:
    deviation = np.array([0, 4.99, 5, 80, np.nan], np.float32)
    assert Nearness(min_deviation=5).blank(deviation).tolist() == [True, True, False, False, True]


@settings(max_examples=60, deadline=None)
@given(**SETS, k=st.integers(1, 12), kinds=st.integers(1, 3), few=st.sampled_from([1, 4096]))
def test_the_closest_pairs_across_are_found(
    seed: int, n: int, count: int, rate: float, k: int, kinds: int, few: int
) -> None:
    phash, dhash = clumps(seed, n, count, rate)
    sides = np.random.default_rng(seed).integers(0, kinds, n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closest, "_FEW", few)
        pairs = closest_across(phash, dhash, sides, k)
    assert pairs == sorted(pairs) and len({(p.i, p.j) for p in pairs}) == len(pairs)
    for pair in pairs:
        assert pair.i < pair.j and sides[pair.i] != sides[pair.j]
        assert pair.distance == int(phash[pair.i] ^ phash[pair.j]).bit_count()
        assert pair.dhash == int(dhash[pair.i] ^ dhash[pair.j]).bit_count()
    # The first of each hash on a side stands for all.
    first = np.unique(np.stack([phash, sides.astype(np.uint64)]), axis=1, return_index=True)[1]
    apart = np.bitwise_count(phash[first][:, None] ^ phash[first])
    across = np.triu(sides[first][:, None] != sides[first], 1)
    assert [p.distance for p in pairs] == np.sort(apart[across])[:k].tolist()


@pytest.mark.parametrize("most", range(11))
@pytest.mark.parametrize("among", [0, 2, 50_000, 10**6])
def test_some_mask_avoids_any_few_bits(most: int, among: int) -> None:
    family = np.array(masks(most, among))
    chance = np.random.default_rng(most)
    for blocks in [chance.permutation(BLOCKS) for _ in range(300)]:
        flips = sum(1 << (int(b) % BLOCKS) for b in blocks[:most])  # one bit of each block
        assert np.any(family & np.uint64(flips) == 0)
    assert sum(int(mask).bit_count() for mask in family) > 0


def test_more_hashes_get_stricter_masks() -> None:
    kept = [int(masks(6, n)[0]).bit_count() for n in (1000, 10**5, 10**7)]
    assert kept == sorted(kept) and kept[0] < kept[-1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=60))
def test_runs_hold_what_agrees_under_the_mask(values: list[int]) -> None:
    noise = np.random.default_rng(0).integers(0, 2**32, len(values), dtype=np.uint64)
    hashes = (np.array(values, np.uint64) << np.uint64(40)) | noise
    found = set()
    for rows, starts in equal_runs(hashes, np.uint64(0xFF << 40)):
        for run in np.split(rows, starts[1:-1]):
            found.add(frozenset(run.tolist()))
        assert starts[0] == 0 and starts[-1] == len(rows)
    expected = {
        frozenset(n for n, v in enumerate(values) if v == value)
        for value in values
        if values.count(value) > 1
    }
    assert found == expected


def test_runs_are_not_cut_where_a_stretch_ends() -> None:
    hashes = np.repeat(np.arange(3, dtype=np.uint64), [100_000, 90_000, 2])
    lengths = [
        length for _, starts in equal_runs(hashes, np.uint64(3)) for length in np.diff(starts)
    ]
    assert sorted(lengths) == [2, 90_000, 100_000]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=8)))
def test_a_forest_knows_what_belongs_together(batches: list[list[tuple[int, int]]]) -> None:
    forest = Forest(20)
    sets = [{n} for n in range(20)]
    trees: list[tuple[int, int]] = []
    for batch in batches:
        i, j = np.array(batch, np.int64).reshape(-1, 2).T
        tree = forest.join(i, j)
        trees += [batch[at] for at in tree]
        for a, b in batch:
            union = sets[a] | sets[b]
            for member in union:
                sets[member] = union
        assert forest.find(np.arange(20)).tolist() == [min(s) for s in sets]
    i, j = np.array(trees, np.int64).reshape(-1, 2).T
    # The pairs that came back connect the same, and there are as few as can be.
    assert len(np.unique(components(20, i, j))) == len({min(s) for s in sets}) == 20 - len(trees)
