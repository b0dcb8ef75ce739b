"""What a build would cost: which pictures are looked at for it, and how many it counts on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cinemotion.cli.build import _length
from cinemotion.flows.building import estimate
from cinemotion.flows.building.estimate import estimate_build
from cinemotion.flows.building.subjects import Look
from cinemotion.recipes import BuildRecipe, Sampling


class _Recorder:
    """Stands in for a subject: finds nothing, and notes when it looked."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def look(self, frame: Any, film: Any) -> Look:
        self.seconds.append(frame.time.seconds)
        return Look([], (0, 0, 1, 1), np.zeros((1, 1, 3), np.uint8))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> _Recorder:
    recorder = _Recorder()
    monkeypatch.setattr(estimate, "open_subject", lambda recipe: recorder)
    return recorder


def _film(path: Path, *, seconds: int, keys: int, muxer: dict[str, str] | None = None) -> Path:
    """A grey film of 10 pictures a second with a key frame every ``keys`` pictures."""
    with av.open(str(path), "w", options=muxer or {}) as container:
        options = {"g": str(keys), "sc_threshold": "1000000000"}  # no key frame for a change
        stream = container.add_stream("mpeg4", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(10 * seconds):
            grey = np.full((48, 64, 3), i % 200, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return path


def _frames(films: Sequence[Path], **sampling: Any) -> int:
    recipe = BuildRecipe(sampling=Sampling(**sampling))
    return int(estimate_build(films, recipe)["frames"])


@pytest.mark.parametrize("keys", [1000, 10], ids=["one key frame", "many"])
def test_looks_are_spread_over_the_film(tmp_path: Path, looked: _Recorder, keys: int) -> None:
    _frames([_film(tmp_path / "film.mp4", seconds=20, keys=keys)])
    assert 8 <= len(looked.seconds) <= 12
    assert looked.seconds[0] > 0.5
    assert max(np.diff([0.0, *looked.seconds, 20.0])) < 4


def test_a_film_of_unknown_length_is_named_instead_of_counted(
    tmp_path: Path, looked: _Recorder
) -> None:
    live = _film(tmp_path / "live.mkv", seconds=4, keys=10, muxer={"live": "1"})
    found = estimate_build([live], BuildRecipe())
    assert (found["films"], found["hours"], found["frames"]) == (1, 0.0, 0)
    assert found["unknown_length"] == [str(live)]


def test_no_more_frames_are_expected_than_the_film_has(tmp_path: Path, looked: _Recorder) -> None:
    film = _film(tmp_path / "film.mp4", seconds=6, keys=10)
    assert _frames([film], every=1e-300) == 60
    assert _frames([film], mode="per-shot", per_shot=900) == 60
    assert _frames([film]) == 12


def test_key_frames_are_counted(tmp_path: Path, looked: _Recorder) -> None:
    film = _film(tmp_path / "film.mp4", seconds=20, keys=10)
    assert _frames([film], mode="keyframes") == 20
    assert _frames([film], mode="keyframes", every=5.0) == 4


@pytest.mark.parametrize(
    ("seconds", "expected"), [(9.64, "9.6 seconds"), (150, "2.50 minutes"), (5400, "1.50 hours")]
)
def test_a_length_has_the_unit_that_fits(seconds: float, expected: str) -> None:
    assert _length(seconds / 3600) == expected
