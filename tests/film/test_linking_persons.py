from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinemotion.film.characters import UNKNOWN
from cinemotion.film.persons import link_persons

LIMIT = 0.5


def faces(people: list[int], *, noise: float = 0.03, seed: int = 0) -> np.ndarray:
    """A vector for each character: near the one of its person."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(people) + 1, 32))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return (centres[people] + rng.normal(size=(len(people), 32)) * noise).astype(np.float32)


def test_one_face_in_three_films_is_one_person() -> None:
    people = [0, 1, 2, 0, 1, 3, 2, 0]
    found = link_persons(faces(people), [*"aaabbbcc"], limit=LIMIT)
    assert found.tolist() == [0, 1, 2, 0, 1, 3, 2, 0]


def test_two_characters_of_one_film_are_two_persons_however_alike() -> None:
    twins = faces([0, 0, 0], noise=0.001)
    found = link_persons(twins, ["a", "a", "b"], limit=LIMIT)
    assert found[0] != found[1] and found[2] in found[:2]
    # Nor over a third film: the person that both would join holds a film already.
    found = link_persons(faces([0] * 4, noise=0.001), ["a", "b", "a", "b"], limit=LIMIT)
    assert sorted(np.bincount(found)) == [2, 2]


def test_what_people_say_is_stronger_than_faces() -> None:
    people = [0, 1, 0, 1]
    films = ["a", "a", "b", "b"]
    said = ["Ellen", None, None, "Ellen"]
    assert link_persons(faces(people), films, limit=LIMIT, known=said).tolist() == [0, 1, 2, 0]
    # Two names are two persons, however near.
    apart = link_persons(faces(people), films, limit=LIMIT, known=["A", None, "B", None])
    assert apart.tolist() == [0, 1, 2, 1]
    # Two characters of one film that are said to be one are one.
    one = link_persons(faces(people), films, limit=LIMIT, known=["A", "A", None, None])
    assert one[0] == one[1]


def test_who_has_no_face_is_unknown_unless_named() -> None:
    vectors = faces([0, 0, 1])
    vectors[1] = np.nan
    assert link_persons(vectors, [*"abc"], limit=LIMIT).tolist() == [0, UNKNOWN, 1]
    named = link_persons(vectors, [*"abc"], limit=LIMIT, known=[None, "E", "E"])
    assert named.tolist() == [0, 1, 1]
    assert link_persons(np.zeros((0, 4), np.float32), [], limit=1.0).shape == (0,)


def test_linkage_is_by_centroids() -> None:
    from scipy.cluster.hierarchy import fcluster, linkage

    vectors = faces([0, 1, 2, 3, 4] * 6, noise=0.06, seed=3)
    ours = link_persons(vectors, range(30), limit=0.45)
    theirs = fcluster(linkage(vectors.astype(np.float64), "centroid"), 0.45, "distance")
    pairs = set(zip(ours.tolist(), theirs.tolist(), strict=True))
    assert len(pairs) == len(set(ours.tolist())) == len(set(theirs.tolist())) > 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12),
    st.integers(0, 2**31),
)
def test_no_person_is_twice_in_a_film(rows: list[tuple[int, int]], seed: int) -> None:
    people, films = [person for person, _ in rows], [film for _, film in rows]
    vectors = faces(people, noise=0.2, seed=seed)
    found = link_persons(vectors, films, limit=0.8)
    places = list(zip(found.tolist(), films, strict=True))
    assert len(set(places)) == len(places)
    order = np.random.default_rng(seed).permutation(len(rows))
    moved = link_persons(vectors[order], [films[at] for at in order], limit=0.8)
    back = moved[np.argsort(order)]
    assert ((found[:, None] == found[None]) == (back[:, None] == back[None])).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="expected vectors"):
        link_persons(faces([0, 1]), ["a"], limit=1.0)
    with pytest.raises(ValueError, match="positive limit"):
        link_persons(faces([0, 1]), ["a", "b"], limit=0.0)
