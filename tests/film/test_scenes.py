from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinemotion.film.scenes import (
    VIEWS,
    Shots,
    choose_views,
    cut_scenes,
    describe_looks,
    separations,
)


@dataclass(frozen=True)
class Rules:
    limit: float = 10.0
    company: float = 5.0
    window: float = 60.0
    ahead: int = 12
    least_seconds: float = 0.0


def shots(
    pattern: str, *, seconds: float = 3.0, people: dict[int, str] | None = None, seed: int = 0
) -> Shots:
    """Shots of a few seconds, a letter for each camera position; '.' has no frame."""
    rng = np.random.default_rng(seed)
    places = {each: rng.uniform(0, 100, 20) for each in sorted(set(pattern))}
    views = np.stack(
        [places[each] + rng.uniform(-0.2, 0.2, (VIEWS, 20)) for each in pattern]
    ).astype(np.float32)
    views[[at for at, each in enumerate(pattern) if each == "."]] = np.nan
    start = np.arange(len(pattern)) * seconds
    said = people or {}
    who = [frozenset(said.get(at, "")) for at in range(len(pattern))]
    return Shots(start, start + seconds, views, who)


def borders(found: Shots, rules: Rules) -> list[int]:
    apart = separations(found, rules)
    return [first for first, _ in cut_scenes(apart, found.start, found.end, rules)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ababab" + "cdcdc" + "efgefge", [0, 6, 11]),
        ("aba" + "cdc" + "aba", [0]),  # it comes back within the window: one scene
        ("a", [0]),
        ("aa", [0]),
        ("abcd", [0, 1, 2, 3]),
        ("a.a" + "bcb", [0, 3]),  # a shot without a frame inside
        ("ab", [0, 1]),
    ],
)
def test_shots_that_come_back_are_one_scene(pattern: str, expected: list[int]) -> None:
    assert borders(shots(pattern), Rules()) == expected


def test_what_comes_back_too_late_is_another_scene() -> None:
    found = shots("aba" + "cdcdcdc" + "aba")
    assert borders(found, Rules(window=20)) == [0, 3, 10]
    assert borders(found, Rules(window=22)) == [0]
    assert borders(found, Rules(ahead=7)) == [0, 3, 10]
    assert borders(found, Rules(ahead=8)) == [0]


def test_a_person_in_common_makes_shots_nearer() -> None:
    looks = np.zeros((2, VIEWS, 4), np.float32)
    looks[1, :, 0] = 12  # levels apart
    start = np.array([0.0, 5.0])
    for people, parted in ((["x", "x"], False), (["x", "y"], True), (["", ""], True)):
        who = [frozenset(each) for each in people]
        found = Shots(start, start + 5, looks, who)
        assert bool(separations(found, Rules())[0] > 10) is parted


def test_a_separation_is_the_least_distance_across_the_cut() -> None:
    found = shots("abcabc", seed=4)
    apart = separations(found, Rules(company=0, ahead=2))
    for cut in range(5):
        pairs = [(i, j) for i in range(cut + 1) for j in range(cut + 1, 6) if j - i <= 2]
        away = [
            np.abs(found.views[i][:, None] - found.views[j][None]).sum(axis=2).min()
            for i, j in pairs
        ]
        assert apart[cut] == pytest.approx(min(away))


def test_what_is_short_goes_to_the_nearer_side() -> None:
    start = np.arange(7) * 3.0
    rules = Rules(least_seconds=5.0)
    apart = np.array([5.0, 30.0, 20.0, 5.0, 40.0, 5.0])
    assert cut_scenes(apart, start, start + 3, rules) == [(0, 2), (2, 5), (5, 7)]
    apart = np.array([5.0, 20.0, 30.0, 5.0, 40.0, 5.0])
    assert cut_scenes(apart, start, start + 3, rules) == [(0, 3), (3, 5), (5, 7)]
    # At both ends there is one side only, and a film may be short as a whole.
    apart = np.array([30.0, 5.0, 5.0, 5.0, 5.0, 30.0])
    assert cut_scenes(apart, start, start + 3, rules) == [(0, 7)]
    assert cut_scenes(np.zeros(0), start[:1], start[:1] + 3, rules) == [(0, 1)]
    assert cut_scenes(np.zeros(0), start[:0], start[:0], rules) == []


@given(
    pattern=st.text("abcd.", min_size=1, max_size=30),
    least=st.sampled_from([0.0, 4.0, 10.0, 1e6]),
    ahead=st.integers(1, 40),
)
def test_every_shot_is_in_one_scene(pattern: str, least: float, ahead: int) -> None:
    rules = Rules(least_seconds=least, ahead=ahead)
    found = shots(pattern)
    ranges = cut_scenes(separations(found, rules), found.start, found.end, rules)
    assert [at for first, last in ranges for at in range(first, last)] == list(range(len(pattern)))
    if len(ranges) > 1:
        assert all(found.end[last - 1] - found.start[first] >= least for first, last in ranges)


def test_looks_tell_colours_and_places_apart() -> None:
    rng = np.random.default_rng(1)
    room = rng.integers(0, 256, (9, 16, 3), np.uint8)
    brighter = np.clip(room.astype(int) + 3, 0, 255).astype(np.uint8)
    mirrored = room[:, ::-1]
    grey = np.full_like(room, 128)
    red = grey.copy()
    red[..., 0] = 200
    looks = describe_looks(np.stack([room, brighter, mirrored, grey, red]))

    def away(one: int, other: int) -> float:
        return float(np.abs(looks[one] - looks[other]).sum())

    assert looks.shape == (5, 108) and looks.dtype == np.float32
    assert away(0, 0) == 0
    assert away(0, 1) < 4 < away(0, 2) < away(0, 3)
    assert away(3, 4) > 30  # brightness differs by 22 alone
    half = np.abs(looks[0, :72] - looks[2, :72]).sum()
    assert half == pytest.approx(0, abs=1e-4)  # the same colours, in other places


def test_the_earth_movers_half_is_exact_for_flat_pictures() -> None:
    flat = np.stack([np.full((9, 16, 3), level, np.uint8) for level in (40, 100)])
    looks = describe_looks(flat)
    assert np.abs(looks[0] - looks[1]).sum() == pytest.approx(60, abs=0.01)


def test_views_are_spread_over_a_shot() -> None:
    shot = np.array([0] * 9 + [1] + [3, 3])
    assert choose_views(shot, 5).tolist() == [
        [1, 4, 7],
        [9, 9, 9],
        [-1, -1, -1],
        [10, 11, 11],
        [-1, -1, -1],
    ]


def test_shapes_that_do_not_fit_are_told() -> None:
    with pytest.raises(ValueError, match="expected colours"):
        describe_looks(np.zeros((9, 16, 3), np.uint8))
    with pytest.raises(ValueError, match="must divide"):
        describe_looks(np.zeros((2, 8, 16, 3), np.uint8))
    with pytest.raises(ValueError, match="3 shots need"):
        Shots(np.zeros(3), np.ones(2), np.zeros((3, 1, 1), np.float32), [frozenset()] * 3)
    with pytest.raises(ValueError, match="sets of people"):
        Shots(np.zeros(3), np.ones(3), np.zeros((3, 1, 1), np.float32), [frozenset()] * 2)
