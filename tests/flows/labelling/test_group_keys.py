from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import polars as pl

from cinemotion import build, open_dataset
from cinemotion.dataset.ranges import Range
from cinemotion.dataset.votes import Votes
from cinemotion.flows.labelling.groups import group_keys


def test_characters_named_in_ranges_are_groups(demo_films: list[Path], tmp_path: Path) -> None:
    build(demo_films[:1], tmp_path / "d", workers=0)
    dataset = open_dataset(tmp_path / "d")
    film = dataset.films()["film"][0]
    spoken = Range(film, Fraction(0), Fraction(3600), "happy", "Eileen")
    assert group_keys(dataset)["character"].null_count() == dataset.samples().height
    Votes(dataset.path).add_ranges([spoken])
    keys = group_keys(dataset)
    assert set(keys["character"].drop_nulls()) == {"character/Eileen"}
    assert group_keys(dataset, upto=0)["character"].null_count() == keys.height
    assert keys.filter(pl.col("character").is_null())["film"].null_count() == 0
