from __future__ import annotations

import polars as pl

from cinemotion.curate.sharing import sharing


def samples(**groups: str) -> pl.DataFrame:
    """Groups, each with the pictures that it shows, a letter each."""
    rows = [(group, picture) for group, shown in groups.items() for picture in shown]
    return pl.DataFrame(rows, schema=["group", "picture"], orient="row")


def test_what_counts_is_how_much_of_the_smaller_one_is_shared() -> None:
    film = "abcdefghijklmnop"
    assert sharing(samples(film=film, trailer="cdwxyz")).rows() == [("film", "trailer")]
    assert sharing(samples(film=film, other="cdtuvwxyz")).is_empty()
    assert sharing(samples(film=film, other="cdtuvwxyz"), share=0.2).height == 1


def test_a_picture_that_is_repeated_counts_as_often() -> None:
    assert sharing(samples(one="aaab", other="acdefghi")).rows() == [("one", "other")]


def test_a_single_twin_makes_no_copies() -> None:
    assert sharing(samples(one="ab", other="ac")).is_empty()


def test_groups_and_pictures_that_are_not_known_do_not_count() -> None:
    rows = [("one", None), ("two", None), (None, "a"), (None, "a"), ("one", "a"), ("one", "a")]
    assert sharing(pl.DataFrame(rows, schema=["group", "picture"], orient="row")).is_empty()


def test_many_copies_are_all_connected_without_all_pairs() -> None:
    found = sharing(samples(**{f"copy{i:03}": "abcd" for i in range(100)}))
    assert found.rows() == [(f"copy{i:03}", f"copy{i + 1:03}") for i in range(99)]
