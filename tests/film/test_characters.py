from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.film.characters import UNKNOWN, group_tracks

LIMIT = 0.6


def faces(people: list[int], *, noise: float = 0.03, seed: int = 0) -> np.ndarray:
    """A vector for each track: near the one of its person."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(people) + 1, 32))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return (centres[people] + rng.normal(size=(len(people), 32)) * noise).astype(np.float32)


def same(groups: np.ndarray, people: list[int]) -> bool:
    """Whether two ways to group are one."""
    pairs = set(zip(groups.tolist(), people, strict=True))
    return len(pairs) == len(set(groups.tolist())) == len(set(people))


def test_near_vectors_are_one_person() -> None:
    people = [0, 1, 0, 2, 1, 1, 3, 0]
    groups = group_tracks(faces(people), limit=LIMIT)
    assert same(groups, people)
    assert groups.tolist()[:4] == [0, 1, 0, 2]  # counted as they first come


def test_who_is_in_one_frame_is_two_people_however_alike() -> None:
    twins = faces([0, 0, 0, 0], noise=0.001)
    assert group_tracks(twins, limit=LIMIT).tolist() == [0, 0, 0, 0]
    groups = group_tracks(twins, limit=LIMIT, apart=[(0, 1), (2, 3)])
    assert groups[0] != groups[1] and groups[2] != groups[3]
    assert len(set(groups.tolist())) == 2
    # The user cannot say otherwise: they were seen side by side.
    groups = group_tracks(twins, limit=LIMIT, apart=[(0, 1)], together=[(0, 1)])
    assert groups[0] != groups[1]


def test_the_user_joins_what_looks_different() -> None:
    people = [0, 1, 0, 1]
    groups = group_tracks(faces(people), limit=LIMIT, together=[(0, 1)])
    assert len(set(groups.tolist())) == 1
    blind = faces(people)
    blind[3] = np.nan
    assert group_tracks(blind, limit=LIMIT)[3] == UNKNOWN
    assert group_tracks(blind, limit=LIMIT, together=[(3, 1)]).tolist() == [0, 1, 0, 1]


def test_doubtful_tracks_found_nobody() -> None:
    people = [0, 0, 1, 2]
    trusted = np.array([True, True, True, False])
    groups = group_tracks(faces(people), limit=LIMIT, trusted=trusted)
    assert groups.tolist() == [0, 0, 1, UNKNOWN]
    joined = group_tracks(faces([0, 0, 1, 1]), limit=LIMIT, trusted=trusted)
    assert joined.tolist() == [0, 0, 1, 1]
    kept_out = group_tracks(faces([0, 0, 1, 1]), limit=LIMIT, trusted=trusted, apart=[(2, 3)])
    assert kept_out.tolist() == [0, 0, 1, UNKNOWN]


def test_a_number_of_people_is_kept_to() -> None:
    people = [0, 1, 2, 3, 0, 1, 2, 3]
    vectors = faces(people)
    for count in (1, 2, 3, 4, 6):
        groups = group_tracks(vectors, limit=LIMIT, count=count)
        assert len(set(groups.tolist())) == count
    apart = [(a, b) for a in range(4) for b in range(a)]
    assert len(set(group_tracks(vectors, limit=LIMIT, count=2, apart=apart).tolist())) == 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=14),
    st.integers(0, 2**31),
    st.data(),
)
def test_no_group_holds_two_that_must_stay_apart(
    people: list[int], seed: int, data: st.DataObject
) -> None:
    n = len(people)
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    apart = data.draw(st.lists(pairs, max_size=6)) if n > 1 else []
    vectors = faces(people, noise=0.3, seed=seed)
    groups = group_tracks(vectors, limit=LIMIT, apart=apart)
    assert all(groups[a] != groups[b] or groups[a] == UNKNOWN for a, b in apart)
    order = np.random.default_rng(seed).permutation(n)
    where = np.argsort(order)
    moved = group_tracks(
        vectors[order], limit=LIMIT, apart=[(int(where[a]), int(where[b])) for a, b in apart]
    )
    one = groups[:, None] == groups[None]
    other = moved[where][:, None] == moved[where][None]
    assert (one == other).all()


def test_average_linkage_is_scipys() -> None:
    from scipy.cluster.hierarchy import fcluster, linkage

    vectors = faces([0, 1, 2, 3, 4] * 8, noise=0.12, seed=3)
    ours = group_tracks(vectors, limit=0.9)
    theirs = fcluster(linkage(vectors.astype(np.float64), "average"), 0.9, "distance")
    assert same(ours, theirs.tolist())


def test_bad_input_is_refused() -> None:
    vectors = faces([0, 1])
    for wrong in ({"limit": 0.0}, {"limit": 1.0, "count": 0}, {"limit": 1.0, "apart": [(0, 2)]}):
        with pytest.raises(ValueError, match=r"positive|must be two"):
            group_tracks(vectors, **wrong)  # type: ignore[arg-type]
    assert group_tracks(np.zeros((0, 4), np.float32), limit=1.0).shape == (0,)
