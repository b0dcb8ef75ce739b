from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from drawn import (
    GOP,
    X264,
    X264_OPEN,
    X265_OPEN,
    moving_film,
)

from cinemotion.core.errors import UnreadableFilmError
from cinemotion.core.types import Film
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader

Row = tuple[int, int, bool, str]


def rows(film: Film, start: int | None = None, end: int | None = None, **settings) -> list[Row]:
    """Time, end, key and a hash of the pixels of every frame."""
    with FilmReader(film, start, end, **settings) as reader:
        return [
            (f.time.pts, f.end.pts, f.key, hashlib.md5(f.luma(1).tobytes()).hexdigest())
            for f in reader
        ]


VFR = [0, 1000, 1300, 2300, 6300, *range(7301, 7301 + 95 * 1001, 1001)]

FILMS = {
    "h264 b-frames": ("a.mp4", {"options": X264}),
    "h264 open": ("a.mp4", {"options": X264_OPEN}),
    "h264 open mkv": ("a.mkv", {"options": X264_OPEN}),
    "h264 open ts": ("a.ts", {"options": X264_OPEN}),
    "h264 variable rate": (
        "a.mp4",
        {"options": X264_OPEN, "times": VFR, "time_base": Fraction(1, 24000)},
    ),
    "h264 late start": ("a.mkv", {"options": X264_OPEN, "times": range(77, 177)}),
    "h264 intra refresh": ("a.mp4", {"options": {"x264-params": f"{GOP}:intra-refresh=1"}}),
    "h264 edit list": ("a.mp4", {"options": X264_OPEN, "times": range(-33, 67)}),
    "h264 avi": ("a.avi", {"options": X264}),
    "h264 fragments": (
        "a.mp4",
        {"options": X264_OPEN, "muxer": {"movflags": "frag_keyframe+empty_moov"}},
    ),
    "hevc open": ("a.mp4", {"codec": "libx265", "options": X265_OPEN}),
    "hevc open mkv": ("a.mkv", {"codec": "libx265", "options": X265_OPEN}),
    "mpeg4 avi": ("a.avi", {"codec": "mpeg4", "options": {"g": "20", "bf": "2"}}),
    "mpeg2 ts": ("a.ts", {"codec": "mpeg2video", "options": {"g": "20", "bf": "2"}}),
    "mpeg2 mpg": ("a.mpg", {"codec": "mpeg2video", "options": {"g": "20", "bf": "2"}}),
    "vp9 webm": ("a.webm", {"codec": "libvpx-vp9", "options": {"g": "20", "cpu-used": "8"}}),
    "av1 edit list": (
        "a.mp4",
        {"codec": "libsvtav1", "options": {"g": "20", "preset": "12"}, "times": range(-33, 67)},
    ),
    "intra only": ("a.mkv", {"codec": "ffv1"}),
}


@pytest.mark.parametrize("kind", FILMS)
def test_segments_give_what_the_whole_film_gives(tmp_path, kind):
    name, settings = FILMS[kind]
    film = probe(moving_film(tmp_path / name, 100, **settings))
    whole = rows(film)
    assert len(whole) == (67 if "edit list" in kind else 100)
    assert whole[0][0] == film.start.pts
    assert all(row[1] == following[0] for row, following in pairwise(whole))
    keys = [row[0] for row in whole if row[2]][1:][:6]
    random = np.random.default_rng(3)
    for _ in range(3):
        borders = [None, *sorted(key for key in keys if random.random() < 0.6), None]
        parts = [rows(film, start, end) for start, end in pairwise(borders)]
        assert list(chain(*parts)) == whole


def test_times_and_ends_of_a_variable_rate(tmp_path):
    base = Fraction(1, 24000)
    path = moving_film(tmp_path / "a.mp4", 100, times=VFR, time_base=base)
    with FilmReader(probe(path)) as reader:
        frames = [(frame.time.exact, frame.end.exact) for frame in reader]
    assert [start for start, _ in frames] == [pts * base for pts in VFR]
    assert [end for _, end in frames[:-1]] == [pts * base for pts in VFR[1:]]
    assert frames[-1][1] > frames[-1][0]


def test_last_frame_lasts_as_long_as_the_file_says(tmp_path):
    with FilmReader(probe(moving_film(tmp_path / "a.mp4", 10))) as reader:
        last = list(reader)[-1]
    assert last.end.exact - last.time.exact == Fraction(1, 25)


def test_border_that_is_no_key_frame_still_gives_exact_frames(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 100, options=X264_OPEN))
    whole = rows(film)
    assert rows(film, whole[47][0], whole[71][0]) == whole[47:71]


def test_empty_segment(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 30))
    beyond = rows(film)[-1][1]
    assert rows(film, beyond + 10_000) == []
    assert rows(film, 0, 0) == []


def test_key_frames_alone(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 100, options=X264_OPEN))
    wanted = [row for row in rows(film) if row[2]]
    got = rows(film, key_frames_only=True)
    assert [(row[0], row[3]) for row in got] == [(row[0], row[3]) for row in wanted]
    assert [row[1] for row in got[:-1]] == [row[0] for row in wanted[1:]]
    border = wanted[2][0]
    halves = (
        rows(film, None, border, key_frames_only=True),
        rows(film, border, None, key_frames_only=True),
    )
    assert halves[0] + halves[1] == got


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_key_frames_alone_still_tell_when_the_film_ends(tmp_path, name):
    film = probe(moving_film(tmp_path / name, 95))
    with FilmReader(film, key_frames_only=True) as reader:
        frames = list(reader)
    assert reader.errors == 0
    length = float(reader.last_end * film.time_base) - film.start.seconds
    assert frames[-1].end.seconds - film.start.seconds < 3.5
    assert length == pytest.approx(95 / 25, abs=2 / 25)


def test_a_picture_stands_for_a_key_frame_that_an_edit_list_cuts_away(tmp_path):
    times = range(-7, 53)  # key frames at -7, 13 and 33
    film = probe(moving_film(tmp_path / "a.mp4", 60, options=X264, times=times))
    whole = rows(film)
    got = rows(film, key_frames_only=True)
    assert not whole[0][2]
    assert [row[0] for row in got] == [whole[0][0], *(row[0] for row in whole if row[2])]
    assert got[0][3] == whole[0][3]


def test_a_picture_stands_for_the_only_key_frame(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 19, options=X264, times=range(-18, 1)))
    assert [row[3] for row in rows(film, key_frames_only=True)] == [row[3] for row in rows(film)]


def test_threads_change_nothing(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 60, options=X264_OPEN))
    assert rows(film, threads=4) == rows(film)


def damaged(path: Path, packet: int) -> Path:
    """Overwrite the middle of one packet of a film with noise."""
    with av.open(str(path)) as container:
        target = [p for p in container.demux(video=0) if p.size][packet]
        position, size = target.pos, target.size
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(0).integers(0, 256, size // 2, np.uint8).tobytes()
    data[position + 4 : position + 4 + len(noise)] = noise
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_damage_is_counted_and_ends_at_the_next_key_frame(tmp_path, name):
    whole = rows(probe(moving_film(tmp_path / f"sound-{name}", 100)))
    film = probe(damaged(moving_film(tmp_path / name, 100), 25))
    with FilmReader(film) as reader:
        times = [frame.time.pts for frame in reader]
    lost = [i for i, row in enumerate(whole) if row[0] not in times]
    key = next(i for i, row in enumerate(whole) if row[2] and i > 25)
    assert lost
    assert set(lost) <= set(range(20, key))
    assert reader.errors == len(lost)
    assert reader.first_error


def test_segments_count_damage_once(tmp_path):
    film = probe(damaged(moving_film(tmp_path / "a.mkv", 100), 25))
    whole = rows(film)
    border = next(row[0] for row in whole if row[2] and row[0] > 900)
    errors = []
    for start, end in ((None, None), (None, border), (border, None)):
        with FilmReader(film, start, end) as reader:
            list(reader)
        errors.append(reader.errors)
    assert errors[0] > 0
    assert errors[1:] == [errors[0], 0]


@pytest.mark.parametrize("name", ["a.flv", "a.mkv", "a.avi"])
def test_truncated_film_gives_what_it_has_and_says_so(tmp_path, name):
    path = moving_film(tmp_path / name, 150)
    count = len(rows(probe(path)))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with FilmReader(probe(path)) as reader:
        part = list(reader)
    assert 0 < len(part) < count
    assert reader.errors > 0
    assert reader.first_error


@pytest.mark.parametrize("name", ["a.mp4", "a.flv", "a.mkv", "a.avi"])
def test_key_frames_alone_of_a_truncated_film_say_so(tmp_path, name):
    muxer = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = moving_film(tmp_path / name, 150, muxer=muxer)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    film = probe(path)
    with FilmReader(film, key_frames_only=True) as reader:
        assert list(reader)
    assert reader.errors == 1
    assert reader.first_error
    assert float(reader.last_end * film.time_base) == pytest.approx(3.0, abs=0.1)


def test_clock_that_is_set_back_goes_on(tmp_path):
    data = moving_film(tmp_path / "a.ts", 100).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(data + data)
    with FilmReader(probe(joined)) as reader:
        times = [frame.time.pts for frame in reader]
    assert times == sorted(set(times))
    assert 198 <= len(times) <= 200
    assert times[-1] - times[0] == pytest.approx(199 * 3600, abs=2 * 3600)
    assert reader.errors <= 2


def test_film_that_has_vanished(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 5))
    film.path.unlink()
    with FilmReader(film) as reader, pytest.raises(UnreadableFilmError, match="no such file"):
        list(reader)


def test_film_that_has_become_another(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 5))
    film.path.write_text("no film any more " * 100)
    with FilmReader(film) as reader, pytest.raises(UnreadableFilmError):
        list(reader)


def test_luma_of_8_bits_is_a_view(tmp_path):
    with FilmReader(probe(moving_film(tmp_path / "a.mp4", 3))) as reader:
        frame = next(iter(reader))
        assert frame.luma(8).shape == (12, 20)
        assert np.shares_memory(frame.luma(1), frame.luma(4))
        assert not frame.luma_is_full_range


def test_luma_range_of_full_range_film(tmp_path):
    path = moving_film(tmp_path / "a.mkv", 2, tags={"color_range": 2})
    with FilmReader(probe(path)) as reader:
        assert all(frame.luma_is_full_range for frame in reader)


def test_frames_outlive_the_reader(tmp_path):
    with FilmReader(probe(moving_film(tmp_path / "a.mp4", 30))) as reader:
        frames = list(reader)
    lumas = [frame.luma(1) for frame in frames]
    assert len({luma.tobytes() for luma in lumas}) == 30
    assert frames[7].rgb().shape == (96, 160, 3)


def test_first_frames_that_cannot_be_decoded_are_left_out(tmp_path):
    path = moving_film(tmp_path / "a.ts", 100)
    path.write_bytes(path.read_bytes()[188 * 40 :])
    film = probe(path)
    got = rows(film)
    assert got[0][0] == film.start.pts
    assert got[0][2]


def test_a_whole_film_twice_from_one_reader(tmp_path):
    with FilmReader(probe(moving_film(tmp_path / "a.mp4", 20))) as reader:
        assert [f.time.pts for f in reader] == [f.time.pts for f in reader]


COUNTS = {
    "concert.mp4": 275, "thriller-vfr.mp4": 160, "multi-shot-720p.mp4": 720,
    "sad-to-happy.mp4": 472, "family-dinner.mp4": 498, "no-face.mp4": 95,
    "station-crowd-1080p.mp4": 105, "acted-happy.mp4": 150,
}  # fmt: skip


@pytest.mark.footage
@pytest.mark.parametrize("name", COUNTS)
def test_footage_has_the_frames_that_its_list_states(footage: Path, name):
    with FilmReader(probe(footage / name)) as reader:
        assert sum(1 for _ in reader) == COUNTS[name]
    assert reader.errors == 0


@pytest.mark.footage
def test_every_odd_film_can_be_read_to_its_end(shared: Path):
    counts = {}
    for path in sorted((shared / "odd").glob("*.*")):
        if path.stat().st_size:
            with FilmReader(probe(path)) as reader:
                counts[path.name] = (sum(1 for _ in reader), reader.errors)
    assert counts.pop("truncated.mp4") == (28, 22)
    assert counts.pop("edit-list.mov") == (79, 0)
    assert all(frames > 0 and errors == 0 for frames, errors in counts.values())


@pytest.mark.footage
@pytest.mark.parametrize("name", ["face-then-none-vfr-hevc.mov", "concert.mp4", "fades.mp4"])
def test_footage_in_segments(footage: Path, name):
    film = probe(footage / name)
    whole = rows(film)
    keys = [row[0] for row in whole if row[2]][1::2]
    borders = [None, *keys[:4], None]
    parts = [rows(film, start, end) for start, end in pairwise(borders)]
    assert list(chain(*parts)) == whole
