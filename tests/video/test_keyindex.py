from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from drawn import moving_film

from cinemotion.video.keyindex import list_keys
from cinemotion.video.probe import probe


@pytest.mark.parametrize(
    ("suffix", "settings"),
    [
        (".mp4", {}),
        (".mp4", {"muxer": {"movflags": "frag_keyframe+empty_moov"}}),
        (".mkv", {}),
        (".avi", {"codec": "mpeg4", "options": {"g": "20"}}),
    ],
)
def test_key_frames_are_counted_without_reading_the_film(
    tmp_path: Path, suffix: str, settings: dict[str, Any]
) -> None:
    film = moving_film(tmp_path / f"film{suffix}", 100, **settings)
    keys = list_keys(probe(film))
    assert keys is not None
    assert len(keys) == 5
    assert keys == sorted(keys)


@pytest.mark.parametrize("suffix", [".ts", ".flv"])
def test_an_index_with_holes_is_not_trusted(tmp_path: Path, suffix: str) -> None:
    assert list_keys(probe(moving_film(tmp_path / f"film{suffix}", 100))) is None
