from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from drawn import X264, moving, moving_film, patches, write_film, yuv_codes

from cinemotion.core.errors import BadInputError, UnreadableFilmError
from cinemotion.video.probe import find_films, probe, upright_size


def write_tone(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_plain_film(tmp_path):
    film = probe(moving_film(tmp_path / "a.mp4", 50))
    assert (film.codec, film.pixel_format, film.stream) == ("h264", "yuv420p", 0)
    assert film.size == film.coded_size == (160, 96)
    assert (film.rotation, film.sample_aspect) == (0, 1)
    assert (film.start.pts, film.duration, film.rate) == (0, 2.0, 25)
    assert film.declared_frames == 50
    assert not film.interlaced
    assert not film.has_alpha


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotation_from_the_display_matrix(tmp_path, turn):
    film = probe(moving_film(tmp_path / "a.mp4", 3, rotation=turn))
    assert film.rotation == turn
    assert film.size == ((160, 96) if turn == 180 else (96, 160))


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Fraction(16, 11), (233, 96)), (Fraction(8, 9), (160, 108)), (Fraction(99), (160, 96))],
)
def test_sample_aspect_makes_square_pixels(tmp_path, aspect, size):
    tags = {"sample_aspect_ratio": aspect}
    assert probe(moving_film(tmp_path / "a.mkv", 3, tags=tags)).size == size


def test_turned_and_anamorphic():
    assert upright_size(720, 576, Fraction(16, 15), 90) == (576, 768)
    assert upright_size(1, 1, Fraction(1, 4), 0) == (1, 4)


def test_start_is_the_first_picture_shown(tmp_path):
    times = list(range(37, 57))
    film = probe(moving_film(tmp_path / "a.mkv", 20, times=times))
    assert film.start.seconds == pytest.approx(37 / 25, abs=0.001)


def test_interlaced_film_says_so(tmp_path):
    options = {"x264-params": "tff=1:threads=1"}
    assert probe(moving_film(tmp_path / "a.mkv", 5, options=options)).interlaced


def test_alpha_is_noticed(tmp_path):
    frame = av.VideoFrame(64, 64, "bgra")
    assert probe(write_film(tmp_path / "a.mkv", [frame], "ffv1")).has_alpha


@pytest.mark.parametrize("name", ["-x.mp4", "100%d:ü &.mp4", "a?b#c.mp4", "%03d.mp4", "http:.mp4"])
def test_odd_names(tmp_path, monkeypatch, name):
    moving_film(tmp_path / "a.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).size == (160, 96)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFilmError) as caught:
        probe(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def test_missing_file(tmp_path):
    assert "no such file" in refusal(tmp_path / "absent.mp4")


def test_folder(tmp_path):
    assert "folder" in refusal(tmp_path)


def test_empty_file(tmp_path):
    path = tmp_path / "empty.webm"
    path.touch()
    assert "empty" in refusal(path)


@pytest.mark.parametrize("text", ["hello\n" * 500, "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"])
def test_text_renamed_to_film(tmp_path, text):
    path = tmp_path / "notes.mp4"
    path.write_text(text)
    refusal(path)


def test_list_of_other_files_is_refused(tmp_path):
    film = moving_film(tmp_path / "a.ts", 5)
    path = tmp_path / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\n{film}\n#EXT-X-ENDLIST\n")
    refusal(path)


def test_sound_without_pictures(tmp_path):
    write_tone(tmp_path / "tone.mp4")
    assert "only audio" in refusal(tmp_path / "tone.mp4")


def test_still_picture(tmp_path):
    path = tmp_path / "still.png"
    write_film(path, [av.VideoFrame(16, 16, "rgb24")], "png", file_format="image2pipe")
    assert "still picture" in refusal(path)


def test_film_without_a_decodable_frame(tmp_path):
    path = moving_film(tmp_path / "a.mp4", 10)
    data = bytearray(path.read_bytes())
    body = data.index(b"mdat") + 4
    data[body : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - body)
    path.write_bytes(data)
    assert "no frame" in refusal(path)


def test_guessed_matrix_follows_the_size(tmp_path):
    small = probe(moving_film(tmp_path / "a.mkv", 1)).colour
    large = probe(write_film(tmp_path / "b.mkv", [moving(0, 1280, 720)], options=X264)).colour
    assert (small.matrix, small.guessed) == ("bt601", True)
    assert (large.matrix, large.guessed) == ("bt709", True)


def test_tags_are_taken_over(tmp_path):
    codes = yuv_codes(np.full((4, 3), 0.5), "bt2020", full=False, bits=10)
    tags = {"colorspace": 9, "color_trc": 16, "color_primaries": 9, "color_range": 1}
    path = write_film(tmp_path / "a.mkv", [patches(codes, "yuv420p10le")], "ffv1", tags=tags)
    colour = probe(path).colour
    assert (colour.matrix, colour.transfer, colour.guessed) == ("bt2020", "pq", False)


def make_tree(root: Path) -> None:
    for name in ("b/two.MKV", "b/._two.mkv", "a/one.mp4", "a/.hidden.mp4", "a/notes.txt",
                 ".trash/x.mp4", "a/__MACOSX/._one.mp4"):  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_are_searched_in_order(tmp_path):
    make_tree(tmp_path)
    assert find_films([tmp_path]) == [tmp_path / "a/one.mp4", tmp_path / "b/two.MKV"]


def test_named_files_are_taken_and_duplicates_are_not(tmp_path):
    make_tree(tmp_path)
    named = tmp_path / "a/notes.txt"
    (tmp_path / "a/again.mp4").symlink_to(tmp_path / "a/one.mp4")
    found = find_films([named, tmp_path / "a", tmp_path, named])
    assert found == [named, tmp_path / "a/again.mp4", tmp_path / "b/two.MKV"]


def test_links_do_not_make_the_search_go_round(tmp_path):
    make_tree(tmp_path)
    (tmp_path / "a/loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_films([tmp_path])) == 2


def test_missing_path_is_an_error(tmp_path):
    with pytest.raises(BadInputError, match="absent"):
        find_films([tmp_path / "absent"])


@pytest.mark.footage
def test_every_odd_file_gives_a_film_or_one_line(shared: Path):
    films, refusals = {}, []
    for path in sorted((shared / "odd").rglob("*")):
        try:
            films[path.name] = probe(path)
        except UnreadableFilmError as error:
            refusals.append(str(error))
    assert not any("\n" in line for line in refusals)
    assert len(films) == 17  # 16 of the 17 films, and the animated GIF
    assert "empty-file.webm" not in films
    assert films["attached-picture.mp4"].size == (640, 360)
    assert films["delayed-start.mp4"].start.seconds == pytest.approx(1.075)
    assert films["no_duration.webm"].duration is None
    assert films["full-range.mp4"].colour.full_range
    rotations = {name: film.rotation for name, film in films.items() if "rotated" in name}
    assert rotations == {
        "rotated-90.mov": 270,
        "rotated-180.mov": 180,
        "rotated-270.mov": 90,
        "rotated-display-matrix.mp4": 270,
    }


@pytest.mark.footage
def test_anamorphic_footage(footage: Path):
    assert probe(footage / "anamorphic-sar-16-11.mp4").size == (1024, 576)
