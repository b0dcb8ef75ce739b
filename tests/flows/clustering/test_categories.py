from __future__ import annotations

from cinemotion.flows.clustering.categories import COLOURS, categorise


def test_the_most_frequent_first_and_nothing_last_and_grey() -> None:
    found = categorise(["b", None, "a", "b"], nothing="no film")
    assert found.names == ("b", "a", "no film")
    assert found.codes.tolist() == [0, 2, 1, 0]
    assert found.colours[:2] == COLOURS[:2] and found.colours[2] not in COLOURS


def test_an_order_that_is_given_comes_first() -> None:
    assert categorise(["z", "x", "z", "y"], order=("y", "q", "x")).names == ("y", "x", "z")


def test_every_name_looks_different() -> None:
    found = categorise([f"{i:02}" for i in range(16)])
    assert len({*zip(found.colours, found.shapes, strict=True)}) == 16


def test_too_many_names_are_summed() -> None:
    values = [f"{i:02}" for i in range(40)]
    found = categorise([*values, *values[:16], None])
    assert found.names == (*values[:16], "24 others", "none")
    assert found.codes[16] == found.codes[39] == 16 and found.codes[-1] == 17
