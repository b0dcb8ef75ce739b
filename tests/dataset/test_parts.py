from __future__ import annotations

import pytest

from cinemotion.dataset.sources.parts import Place, find_layout, in_part_order, part_named


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *[("train", "train"), ("Training", "train"), ("TRAIN_SET", "train"), ("dev", "val")],
        *[("val", "val"), ("Valid", "val"), ("validation", "val"), ("PublicTest", "val")],
        *[("test", "test"), ("Testing", "test"), ("PrivateTest", "test"), ("test_set", "test")],
        *[("train-00000-of-00004", "train"), ("test_3", "test")],
        *[("happy", None), ("trainer", None), ("contest", None), ("", None)],
    ],
)
def test_parts_are_known_by_many_names(name: str, part: str | None) -> None:
    assert part_named(name) == part


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["train/happy/1.png", "test/sad/2.png"], Place("train", "happy")),
        (["fer/train/Happiness/1.png", "fer/test/sad/2.png"], Place("train", "happy")),
        (["train/happy/ann/1.png", "test/sad/bob/2.png"], Place("train", "happy")),
        (["happy/train/1.png", "sad/test/2.png"], Place("train", "happy")),
        (["train/1.png", "test/2.png"], Place("train", None)),
        (["data/train/1.png", "data/test/2.png"], Place("train", None)),
        (["train.zip/happy/1.png", "test.zip/sad/2.png"], Place("train", "happy")),
        (["happy/1.png", "sad/2.png"], Place("all", "happy")),
        (["Happy.zip/Happy/1.png", "Sad.zip/Sad/2.png"], Place("all", "happy")),
        (["1.png"], Place("all", None)),
        (["extra/happy/1.png", "train/happy/2.png"], Place("other", "happy")),
        (["1.png", "train/happy/2.png"], Place("other", None)),
        (["train/My Class/1.png", "test/x/2.png"], Place("train", "my_class")),
    ],
)
def test_folders_tell_part_and_class(names: list[str], place: Place) -> None:
    assert find_layout(names).place(names[0]) == place


def test_parts_come_in_the_order_of_use() -> None:
    assert in_part_order({"test", "other", "train", "val"}) == ("train", "val", "test", "other")
