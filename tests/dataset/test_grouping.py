from __future__ import annotations

import random

import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.dataset.grouping import cover, guess_grouping, parse_grouping

CLIPS = [
    f"{c}/{c.upper()}_{n:02}_{i:04}.png" for c in ("Angry", "Sad") for n in (1, 2) for i in range(9)
]


def test_frames_of_clips_are_guessed() -> None:
    grouping = guess_grouping(CLIPS)
    assert grouping is not None and grouping.guessed
    assert grouping.groups("Angry/ANGRY_02_0007.png") == {"clip": "ANGRY_02", "frame": 7}
    assert grouping.groups("readme.png") == {}


@pytest.mark.parametrize(
    "name", ["S005_001_{:08}.png", "a-12-{:04}.jpg", "x/film1_shot_003_{:05}.webp"]
)
def test_other_names_of_frames_are_guessed(name: str) -> None:
    assert guess_grouping([name.format(i) for i in range(20)]) is not None


@pytest.mark.parametrize(
    "names",
    [
        [f"happy/Training_{i}.jpg" for i in range(500)],  # Kaggle's FER2013: numbers of pictures
        [f"fer{i:07}.png" for i in range(100)],
        [f"image{i:06}.jpg" for i in range(100)],
        [f"KA.AN{i}.39.tiff" for i in range(50)],
        [f"train_{i:05}_aligned.jpg" for i in range(50)],
        [f"happy/a{i}_01_{i:04}.png" for i in range(50)],  # one frame a clip is no evidence
        [f"IMG_20240101_{n:06}.jpg" for n in random.Random(0).sample(range(240000), 60)],
        CLIPS[:20] + [f"other{i}.png" for i in range(10)],
        [],
    ],
)
def test_without_evidence_nothing_is_guessed(names: list[str]) -> None:
    assert guess_grouping(names) is None


def test_a_pattern_sees_the_whole_name() -> None:
    grouping = parse_grouping(r"(?P<film>[^/]+)/(?:x_(?P<scene>s\d+)_)?f(?P<frame>\d+)")
    assert grouping.groups("Heat/x_s12_f0034.png") == {"film": "Heat", "scene": "s12", "frame": 34}
    assert grouping.groups("Heat/f7.png") == {"film": "Heat", "frame": 7}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?P<clip", "no regular expression"),
        (r"(\d+)", "no named group"),
        ("(?P<shot>.)", "'shot'"),
    ],
)
def test_bad_patterns_are_refused(pattern: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        parse_grouping(pattern)


@pytest.mark.parametrize("frame", ["x", "9" * 30])
def test_a_frame_must_be_a_number(frame: str) -> None:
    with pytest.raises(BadInputError, match="no number"):
        parse_grouping("_(?P<frame>.+)").groups(f"a_{frame}")


def test_what_a_pattern_makes_of_names_is_shown() -> None:
    found = cover(parse_grouping(r"/(?P<clip>[A-Z]+_\d+)_(?P<frame>\d+)"), [*CLIPS, "x.png"])
    assert (found.matched, found.names, found.values) == (36, 37, {"clip": 4})
    assert [groups["clip"] for _, groups in found.examples] == ["ANGRY_01", "ANGRY_02", "SAD_01"]
    assert found.unmatched == "x.png"
    with pytest.raises(BadInputError, match="fits none of 1 names"):
        cover(parse_grouping("(?P<clip>z+)"), ["a.png"])
