from __future__ import annotations

import io
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av
import pytest
from drawn import GOP, X264, X264_OPEN, moving, moving_film

from cinemotion.core.errors import BadInputError
from cinemotion.core.types import Film
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from cinemotion.video.segments import Segment, plan_segments


def times(film: Film, start: int | None = None, end: int | None = None, keys: bool = False):
    with FilmReader(film, start, end) as reader:
        return [frame.time.pts for frame in reader if frame.key or not keys]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {}),
        ("a.mp4", {"options": X264_OPEN}),
        ("a.mkv", {"options": X264_OPEN}),
        ("a.ts", {"options": X264_OPEN}),
        ("a.mkv", {"times": range(77, 227)}),
        ("a.webm", {"codec": "libvpx-vp9", "options": {"g": "20", "cpu-used": "8"}}),
        ("a.avi", {"codec": "mpeg4", "options": {"g": "20"}}),
    ],
)
def test_segments_begin_at_key_frames_and_cover_the_film(tmp_path, name, settings):
    film = probe(moving_film(tmp_path / name, 150, **settings))
    segments = plan_segments(film, 1.6)
    borders = [segment.start for segment in segments[1:]]
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert 3 <= len(segments) <= 5
    assert segments[0].start is None
    assert segments[-1].end is None
    assert [segment.end for segment in segments[:-1]] == borders
    assert set(borders) <= set(times(film, keys=True))
    edges = [film.start.pts, *borders]
    gaps = [(b - a) * film.time_base for a, b in pairwise(edges)]
    assert min(gaps) >= Fraction(4, 5)
    parts = [times(film, segment.start, segment.end) for segment in segments]
    assert list(chain(*parts)) == times(film)


def test_same_film_and_target_give_the_same_borders(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 150))
    assert plan_segments(film, 1) == plan_segments(film, 1)


@pytest.mark.parametrize("target", [6, 100])
def test_short_film_is_one_segment(tmp_path, target):
    film = probe(moving_film(tmp_path / "a.mp4", 150))
    assert plan_segments(film, target) == [Segment(0, None, None)]


def test_one_key_frame_is_one_segment(tmp_path):
    options = {"x264-params": "keyint=infinite:scenecut=0:threads=1"}
    film = probe(moving_film(tmp_path / "a.ts", 150, options=options))
    assert plan_segments(film, 1) == [Segment(0, None, None)]


def test_key_frames_that_need_older_pictures_are_no_borders(tmp_path):
    options = {"x264-params": f"{GOP}:intra-refresh=1"}
    film = probe(moving_film(tmp_path / "a.mp4", 150, options=options))
    assert plan_segments(film, 1) == [Segment(0, None, None)]


def test_avi_with_made_up_times_is_one_segment(tmp_path):
    film = probe(moving_film(tmp_path / "a.avi", 150, options=X264))
    assert plan_segments(film, 1) == [Segment(0, None, None)]


def test_joined_recordings_are_one_segment(tmp_path):
    data = moving_film(tmp_path / "a.ts", 150).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(data + data)
    assert len(plan_segments(probe(tmp_path / "a.ts"), 1)) > 1
    assert plan_segments(probe(joined), 1) == [Segment(0, None, None)]


class Pipe(io.RawIOBase):
    """A file that cannot be sought in, so that the muxer writes neither duration nor index."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self.file.write(data)


def test_film_without_duration_is_one_segment(tmp_path):
    pipe = Pipe(tmp_path / "live.mkv")
    with pipe.file, av.open(pipe, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=25, options=X264)
        stream.width, stream.height = 160, 96
        for i in range(60):
            frame = moving(i)
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    film = probe(tmp_path / "live.mkv")
    assert film.duration is None
    assert plan_segments(film, 1) == [Segment(0, None, None)]
    assert len(times(film)) == 60


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.avi"])
def test_truncated_film_is_covered(tmp_path, name):
    codec = {"codec": "mpeg4", "options": {"g": "20"}} if name == "a.avi" else {}
    path = moving_film(tmp_path / name, 150, **codec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 5])
    film = probe(path)
    parts = [times(film, segment.start, segment.end) for segment in plan_segments(film, 1)]
    assert list(chain(*parts)) == times(film)


@pytest.mark.parametrize("target", [0, -1])
def test_target_must_be_positive(tmp_path, target):
    film = probe(moving_film(tmp_path / "a.mp4", 3))
    with pytest.raises(BadInputError, match="target_seconds"):
        plan_segments(film, target)


@pytest.mark.footage
@pytest.mark.parametrize(
    "name", ["rotated-display-matrix.mp4", "edit-list.mov", "broken-audio.mp4"]
)
def test_odd_films_are_covered(shared: Path, name):
    film = probe(shared / "odd" / name)
    parts = [times(film, segment.start, segment.end) for segment in plan_segments(film, 1)]
    assert list(chain(*parts)) == times(film)
