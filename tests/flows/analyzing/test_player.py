"""The film beside the page: which film it is, and its times."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.flows.analyzing.analysis import Analysis
from cinemotion.flows.analyzing.player import remove_player_films, write_player_film
from cinemotion.flows.analyzing.report import write_report
from cinemotion.video.browser import plays_anywhere
from cinemotion.video.probe import probe
from pages import check_page

TICK = Fraction(1, 12800)


def draw_film(path: Path, pts: list[int], codec: str = "libx264", sound: str = "") -> Path:
    """A film whose pictures come at these ticks."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, width=64, height=48)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = TICK
        heard = out.add_stream(sound, rate=48000) if sound else None
        for number, at in enumerate(pts):
            image = np.full((48, 64, 3), 40 + 5 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = at, TICK
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if heard is not None:
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            frame.rate, frame.pts = 48000, 0
            out.mux(heard.encode(frame))
            out.mux(heard.encode())
    return path


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.pts * stream.time_base for frame in container.decode(stream)]


def of(analysis: Analysis, film: Path) -> Analysis:
    """As if it had been read of another film."""
    footage = replace(analysis.footage, path=film, row={**analysis.footage.row, "film": film.name})
    return replace(analysis, footage=footage)


EVEN = [512 * n for n in range(12)]


def test_which_films_any_browser_plays(tmp_path: Path) -> None:
    def plays(name: str, *given: object) -> bool:
        return plays_anywhere(probe(draw_film(tmp_path / name, *given)))  # type: ignore[arg-type]

    assert plays("plain.mp4", EVEN)
    assert plays("sound.mp4", EVEN, "libx264", "aac")
    assert plays("varied.mp4", [0, 512, 700, 2000, 2512])
    assert not plays("late.mp4", [at + 12800 for at in EVEN])
    assert not plays("old.mp4", EVEN, "mpeg4")
    assert not plays("other-sound.mp4", EVEN, "libx264", "ac3")
    assert not plays("box.mkv", EVEN)


def test_a_film_that_plays_is_the_same_file(
    analysed: tuple[Path, Analysis], tmp_path: Path
) -> None:
    film = draw_film(tmp_path / "plain.mp4", EVEN)
    out = tmp_path / "report"
    out.mkdir()
    for _ in range(2):
        found = write_player_film(of(analysed[1], film), out)
        assert (found.name, found.zero) == ("film.mp4", 0)
        assert (out / "film.mp4").read_bytes() == film.read_bytes()


def test_where_nothing_can_be_linked_it_is_copied(
    analysed: tuple[Path, Analysis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = draw_film(tmp_path / "plain.mp4", EVEN)

    def never(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr("os.link", never)
    write_player_film(of(analysed[1], film), tmp_path)
    assert (tmp_path / "film.mp4").read_bytes() == film.read_bytes()
    stamp = (tmp_path / "film.mp4").stat().st_ino
    write_player_film(of(analysed[1], film), tmp_path)
    assert (tmp_path / "film.mp4").stat().st_ino == stamp, "it was copied again"


def test_a_film_that_the_page_does_not_play_any_more_is_removed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "report", tmp_path / "films"
    out.mkdir()
    elsewhere.mkdir()
    film = draw_film(elsewhere / "plain.mp4", EVEN)
    old = draw_film(elsewhere / "old.mkv", EVEN)

    def put() -> None:
        (out / "film.mp4").hardlink_to(film)
        shutil.copy2(old, out / "film.mkv")
        (out / "film.mov").write_text("somebody's own")
        (out / "film.srt").write_text("subtitles")

    put()
    remove_player_films(out, [film, old], keep="film.mp4")
    assert {path.name for path in out.iterdir()} == {"film.mp4", "film.mov", "film.srt"}
    remove_player_films(out, [film, old], keep=None)
    assert {path.name for path in out.iterdir()} == {"film.mov", "film.srt"}
    assert film.exists() and old.exists()
    only = draw_film(out / "film.mp4", EVEN)
    remove_player_films(out, [only, film], keep=None)
    remove_player_films(out, [tmp_path / "gone.mp4"], keep=None)
    assert only.exists(), "a film that was analysed where it lies, or that we did not put there"


def test_a_late_start_is_filled_and_its_copy_kept(
    analysed: tuple[Path, Analysis], tmp_path: Path
) -> None:
    varied = [12800 + at for at in (0, 512, 700, 2000, 2512)]
    film = draw_film(tmp_path / "late.mov", varied, "mpeg4", "ac3")
    analysis = of(analysed[1], film)
    found = write_player_film(analysis, tmp_path)
    made = tmp_path / "film.mp4"
    assert found.zero == 0
    assert times(made) == [0, *times(film)]
    with av.open(str(made)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert [s.codec_context.name for s in container.streams.audio] == ["aac"]
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert first.max() < 20, "what fills the beginning is black"
    stamp = made.stat().st_mtime_ns
    write_player_film(analysis, tmp_path)
    assert made.stat().st_mtime_ns == stamp, "it was written again"
    remove_player_films(tmp_path, [film], keep=None)
    assert not made.exists() and film.exists()


def test_a_start_at_hours_is_counted_from(analysed: tuple[Path, Analysis], tmp_path: Path) -> None:
    film = draw_film(tmp_path / "broadcast.mov", [at + 12800 * 7200 for at in EVEN], "mpeg4", "aac")
    found = write_player_film(of(analysed[1], film), tmp_path)
    assert found.zero == times(film)[0] == 7200
    assert [at + found.zero for at in times(tmp_path / "film.mp4")] == times(film)


def test_the_film_itself_is_never_written_over(
    analysed: tuple[Path, Analysis], tmp_path: Path
) -> None:
    film = draw_film(tmp_path / "film.mp4", EVEN, "mpeg4")
    before = film.read_bytes()
    with pytest.raises(BadInputError, match="the film itself"):
        write_player_film(of(analysed[1], film), tmp_path)
    assert film.read_bytes() == before


def test_the_page_loads_the_film_and_nothing_else(
    analysed: tuple[Path, Analysis], film: Path, tmp_path: Path
) -> None:
    analysis = analysed[1]
    write_report(analysis, tmp_path / "report.html", write_player_film(analysis, tmp_path))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    check_page(page, scripts=3, film="film.mp4")
    assert "media-src 'self' file:" in page
