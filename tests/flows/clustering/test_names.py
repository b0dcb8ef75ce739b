from __future__ import annotations

import polars as pl

from cinemotion.flows.clustering.names import captions_of, group_names

SAMPLES = pl.DataFrame(
    {
        "id": ["i0", "i1", "i2"],
        "film": ["9f2c", "film/Noir", None],
        "title": ["Nosferatu", None, None],
        "seconds": [3725.26, None, None],
        "member": [None, "a/1.png", None],
        "shot": ["9f2c/r/4", "set///clip/07", None],
        "track": ["9f2c/r/4/1", None, None],
    }
)


def test_a_sample_is_called_by_its_film_and_time_or_its_file() -> None:
    assert captions_of(SAMPLES) == ["Nosferatu, 1:02:05.3", "a/1.png", "i2"]


def test_groups_are_called_by_the_title_of_their_film() -> None:
    assert group_names(SAMPLES) == {
        "9f2c": "Nosferatu",
        "9f2c/r/4": "Nosferatu / r / 4",
        "9f2c/r/4/1": "Nosferatu / r / 4 / 1",
        "film/Noir": "Noir",
        "set///clip/07": "set / clip / 07",
    }
