"""Groups of near twins, the keepers, and the tables that come of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cinemotion.core.errors import BadInputError
from cinemotion.curate.embeddings import Embeddings
from cinemotion.curate.groups import group_near
from cinemotion.curate.keepers import limit_tracks, rank_samples
from cinemotion.curate.neighbours import Nearness
from cinemotion.curate.twins import settle_twins

Bits = NDArray[np.uint64]
NEAR = Nearness(phash=6, dhash=10, min_deviation=5)


def flipped(start: int, counts: Sequence[int]) -> Bits:
    """A hash whose first bits are flipped, so many for each."""
    return np.array([start ^ ((1 << count) - 1) for count in counts], np.uint64)


def clump(seed: int, n: int) -> tuple[Bits, Bits]:
    """Hashes that are near each other more or less, around three centres."""
    chance = np.random.default_rng(seed)
    centres = chance.integers(0, 2**64, (3, 2), dtype=np.uint64)[chance.integers(0, 3, n)]
    flips = np.packbits(chance.random((n, 2, 64)) < 0.05, axis=2).view(np.uint64)[..., 0]
    both = centres ^ flips
    return both[:, 0], both[:, 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 150))
def test_groups_are_narrow_and_keepers_far_apart(seed: int, n: int) -> None:
    phash, dhash = clump(seed, n)
    chance = np.random.default_rng(seed)
    rank, blank = chance.permutation(n), chance.random(n) < 0.1
    keeper = group_near(phash, dhash, NEAR, rank=rank, blank=blank)
    assert np.all(keeper[keeper] == keeper)
    assert np.all(rank[keeper] <= rank)
    assert np.all(NEAR.holds(phash, phash[keeper], dhash, dhash[keeper]))
    assert np.all((keeper == np.arange(n)) | ~(blank | blank[keeper]))
    kept = np.flatnonzero((keeper == np.arange(n)) & ~blank)
    near = NEAR.holds(phash[kept, None], phash[kept], dhash[kept, None], dhash[kept])
    assert near.sum() == len(kept)  # each near to itself only


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 150))
def test_groups_do_not_depend_on_the_order(seed: int, n: int) -> None:
    phash, dhash = clump(seed, n)
    chance = np.random.default_rng(seed)
    rank, order = chance.permutation(n), chance.permutation(n)
    keeper = group_near(phash, dhash, NEAR, rank=rank)
    shuffled = group_near(phash[order], dhash[order], NEAR, rank=rank[order])
    np.testing.assert_array_equal(order[shuffled], keeper[order])


def test_a_chain_is_cut() -> None:
    # A slow pan: each picture is 2 bits from the one before, 40 bits end to end.
    pan = flipped(0, range(0, 42, 2))
    keeper = group_near(pan, pan, NEAR)
    assert keeper.tolist() == [row - row % 4 for row in range(21)]
    assert np.bitwise_count(pan ^ pan[keeper]).max() == 6


def test_the_best_of_what_hangs_together_is_served_first() -> None:
    pan = flipped(0, [0, 6, 12])
    assert group_near(pan, pan, NEAR, rank=np.array([1, 0, 2])).tolist() == [1, 1, 1]
    assert group_near(pan, pan, NEAR, rank=np.array([0, 2, 1])).tolist() == [0, 0, 2]


def test_both_hashes_must_be_near() -> None:
    near, far = flipped(0, [0, 6]), flipped(0, [0, 30])
    assert group_near(near, far, NEAR).tolist() == [0, 1]
    assert group_near(far, near, NEAR).tolist() == [0, 1]
    assert group_near(near, near, NEAR).tolist() == [0, 0]


def test_vectors_have_the_last_word() -> None:
    same = np.zeros(4, np.uint64)
    vectors = np.array([[2, 0], [0, 3], [1, 0.1]], np.float32)
    confirm = Embeddings(["a", "b", "c"], vectors, 0.1).confirm(pl.Series(["a", "b", "c", "d"]))
    assert confirm(np.array([0, 0, 1, 3]), np.array([1, 2, 2, 1])).tolist() == [0, 1, 0, 1]
    # b is another face; d has no vector, so that its hashes decide.
    assert group_near(same, same, NEAR, confirm=confirm).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("ids", "vectors", "limit", "message"),
    [
        (["a"], np.ones((2, 3)), 0.1, "one vector for each of the 1 ids"),
        (["a", "a"], np.ones((2, 3)), 0.1, "name a sample twice"),
        (["a", "b"], np.array([[1.0, 0], [0, 0]]), 0.1, "zero or not finite"),
        (["a"], np.array([[np.nan, 1]]), 0.1, "zero or not finite"),
        (["a"], np.ones((1, 3)), 2.1, "0 to 2, got 2.1"),
    ],
)
def test_bad_vectors_are_refused(ids: list[str], vectors: Any, limit: float, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Embeddings(ids, vectors.astype(np.float32), limit)


def test_samples_are_ranked_by_quality_then_id() -> None:
    samples = pl.DataFrame(
        {"id": list("edcba"), "quality": [0.5, None, 0.9, float("nan"), 0.5]},
        schema={"id": pl.String, "quality": pl.Float32},
    )
    assert rank_samples(samples).tolist() == [2, 4, 0, 3, 1]


def test_a_track_keeps_the_samples_that_differ_most() -> None:
    hashes = flipped(0, [0, 1, 2, 20, 21, 40, 5, 6])
    track = np.array([0, 0, 0, 0, 0, 0, 1, -1])
    rank = np.array([1, 0, 2, 3, 4, 5, 6, 7])
    stand_in = limit_tracks(track, hashes, hashes, rank, most=3)
    # The best (row 1) first, then the farthest (5), then the better one of the two (3 and 4)
    # between them; short tracks and rows without a track stay as they are.
    assert stand_in.tolist() == [1, 1, 1, 3, 3, 5, 6, 7]


def test_a_track_of_equal_hashes_keeps_its_best() -> None:
    same = np.zeros(4, np.uint64)
    stand_in = limit_tracks(np.zeros(4, int), same, same, np.array([2, 0, 1, 3]), most=2)
    assert stand_in[1] == 1 and len(set(stand_in.tolist())) <= 2
    assert np.all(stand_in[stand_in] == stand_in)


def table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Samples: what a row does not say is usual."""
    usual = {"quality": 0.5, "track": None, "dhash": 0, "deviation": 50.0}
    schema = {
        "id": pl.String,
        "quality": pl.Float32,
        "track": pl.String,
        "pixels": pl.String,
        "phash": pl.UInt64,
        "dhash": pl.UInt64,
        "deviation": pl.Float32,
    }
    filled = [usual | {"pixels": row["id"], "phash": hash_of(row["id"])} | row for row in rows]
    return pl.DataFrame([{k: row[k] for k in schema} for row in filled], schema=schema)


def hash_of(name: str) -> int:
    """A hash of its own for each name."""
    return int(np.random.default_rng(list(name.encode())).integers(0, 2**64, dtype=np.uint64))


def settled(samples: pl.DataFrame, **options: Any) -> dict[str, tuple[str, str, int]]:
    twins = settle_twins(samples, NEAR, **options)
    return {row[0]: row[1:] for row in twins.iter_rows()}


def test_samples_without_twins_have_no_row() -> None:
    assert settled(table([{"id": "a"}, {"id": "b"}])) == {}
    assert settled(table([])) == {}


def test_the_best_copy_is_kept() -> None:
    copy = {"pixels": "p", "phash": 7}
    samples = table(
        [
            {"id": "a", **copy, "quality": 0.1},
            {"id": "b", **copy, "quality": 0.9},
            {"id": "c", **copy, "quality": 0.9},
            {"id": "d", **copy, "quality": None},
        ]
    )
    assert settled(samples) == {name: ("b", "exact", 0) for name in "abcd"}


def test_a_copy_of_a_near_twin_is_a_near_twin_of_the_keeper() -> None:
    samples = table(
        [
            {"id": "a", "phash": 0, "quality": 0.9},
            {"id": "b", "phash": 0b1111, "pixels": "p"},
            {"id": "c", "phash": 0b1111, "pixels": "p"},
            {"id": "d", "phash": 0, "pixels": "a"},
        ]
    )
    assert settled(samples) == {
        "a": ("a", "exact", 0),
        "b": ("a", "near", 4),
        "c": ("a", "near", 4),
        "d": ("a", "exact", 0),
    }


def test_blank_pictures_have_copies_but_no_near_twins() -> None:
    black = {"phash": 0, "deviation": 1.0}
    samples = table(
        [{"id": "a", **black}, {"id": "b", **black, "pixels": "a"}, {"id": "c", **black}]
    )
    assert settled(samples) == {"a": ("a", "exact", 0), "b": ("a", "exact", 0)}


def test_a_stock_shot_ties_nothing_else_of_its_films() -> None:
    films = [
        [{"id": f"{film}-{n}"} for n in range(3)] + [{"id": f"{film}-stock", "pixels": "logo"}]
        for film in range(5)
    ]
    samples = table(
        [row | {"phash": hash_of(row.get("pixels", row["id"]))} for f in films for row in f]
    )
    found = settled(samples)
    assert set(found) == {f"{film}-stock" for film in range(5)}
    assert {keeper for keeper, _, _ in found.values()} == {"0-stock"}


def test_the_limit_of_a_track_does_not_lose_what_another_track_shows() -> None:
    # b and d are copies; b is more than its track may keep, and d is all that its track has.
    samples = table(
        [
            {"id": "a", "track": "x", "phash": 0, "quality": 0.9},
            {"id": "b", "track": "x", "phash": 0xFF, "pixels": "p", "quality": 0.8},
            {"id": "c", "track": "x", "phash": 0xFFFFFF, "quality": 0.7},
            {"id": "d", "track": "y", "phash": 0xFF, "pixels": "p", "quality": 0.1},
        ]
    )
    assert settled(samples, per_track=2) == {"b": ("d", "exact", 0), "d": ("d", "exact", 0)}


def test_what_a_track_can_spare_says_why() -> None:
    samples = table(
        [
            {"id": "a", "track": "x", "phash": 0, "quality": 0.9},
            {"id": "b", "track": "x", "phash": 0b11},
            {"id": "c", "track": "x", "phash": 0xFFFF},
        ]
    )
    assert settled(samples, per_track=1) == {
        "a": ("a", "near", 0),
        "b": ("a", "near", 2),
        "c": ("a", "track", 16),
    }


def test_copies_in_one_track_are_one_choice() -> None:
    copy = {"track": "x", "phash": 0, "pixels": "p"}
    samples = table(
        [{"id": "a", **copy}, {"id": "b", **copy}, {"id": "c", "track": "x", "phash": 0xFFFF}]
    )
    assert settled(samples, per_track=2) == {"a": ("a", "exact", 0), "b": ("a", "exact", 0)}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from([None, 1, 2, 4]))
def test_kept_samples_are_no_twins_and_every_rejected_one_has_a_kept_keeper(
    seed: int, n: int, per_track: int | None
) -> None:
    chance = np.random.default_rng(seed)
    phash, dhash = clump(seed, n)
    pixels = chance.integers(0, n, n)
    first = np.array([np.flatnonzero(pixels == p)[0] for p in pixels])
    samples = pl.DataFrame(
        {
            "id": [f"s{row:03}" for row in range(n)],
            "quality": chance.choice([0.2, 0.5, 0.5, 0.9], n),
            "track": chance.choice(["x", "y", None], n).tolist(),
            "pixels": [f"p{p}" for p in pixels],
            "phash": phash[first],
            "dhash": dhash[first],
            "deviation": np.where(first % 7 == 0, 1.0, 40.0),
        },
        schema_overrides={"track": pl.String},
    )
    twins = settle_twins(samples, NEAR, per_track=per_track)
    rows = samples.join(twins, on="id", how="left").with_columns(
        keeper=pl.col("keeper").fill_null(pl.col("id"))
    )
    kept = rows.filter(pl.col("keeper") == pl.col("id"))
    assert set(rows["keeper"]) == set(kept["id"])
    assert kept["pixels"].is_unique().all()
    clear = kept.filter(pl.col("deviation") >= 5)
    p, d = clear["phash"].to_numpy(), clear["dhash"].to_numpy()
    assert NEAR.holds(p[:, None], p, d[:, None], d).sum() == len(p)
    if per_track is not None:
        counts = kept.drop_nulls("track").group_by("track").len()["len"]
        assert counts.filter(counts > per_track).is_empty()
    shuffled = samples.sample(fraction=1, shuffle=True, seed=seed % 1000)
    again = settle_twins(shuffled, NEAR, per_track=per_track)
    assert again.sort("id").equals(twins.sort("id"))
