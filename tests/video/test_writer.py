from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader
from cinemotion.video.writer import FilmWriter


def source(path: Path, *, sound: str | None, offset: int = 0) -> Path:
    """A film of uneven frame times, 161 × 121, with or without sound."""
    times = [0, 40, 80, 200, 240, 500, 540, 580, 900, 1000]
    with av.open(str(path), "w") as out:
        video = out.add_stream("ffv1" if path.suffix == ".mkv" else "libx264", rate=25)
        video.width, video.height, video.pix_fmt = 162, 122, "yuv420p"
        video.codec_context.time_base = video.time_base = Fraction(1, 1000)
        audio = None if sound is None else out.add_stream(sound, rate=48000)
        for number, time in enumerate(times):
            image = np.full((122, 162, 3), 20 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = time + offset, Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        if audio is not None:
            tone = np.sin(np.arange(48000) / 20).astype(np.float32)
            for at in range(0, 48000, 1024):
                part = tone[None, at : at + 1024]
                part = (part * 30000).astype(np.int16) if sound == "pcm_s16le" else part
                form = "s16" if sound == "pcm_s16le" else "fltp"
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), form, "mono")
                frame.sample_rate, frame.pts = 48000, at
                frame.time_base = Fraction(1, 48000)
                out.mux(audio.encode(frame))
            out.mux(audio.encode())
    return path


def copied(given: Path, out: Path) -> None:
    film = probe(given)
    with FilmReader(film) as reader, FilmWriter(out, film) as writer:
        for frame in reader:
            writer.add(frame.rgb(), frame.time)


def times(path: Path) -> list[float]:
    with FilmReader(probe(path)) as reader:
        return [frame.time.seconds for frame in reader]


@pytest.mark.parametrize(
    ("name", "sound", "offset"),
    [("a.mp4", "aac", 0), ("b.mkv", "pcm_s16le", 0), ("c.mp4", None, 0), ("d.mkv", None, 1700)],
)
def test_every_frame_keeps_its_time(tmp_path: Path, name: str, sound: str, offset: int) -> None:
    given = source(tmp_path / name, sound=sound, offset=offset)
    copied(given, tmp_path / "out.mp4")
    assert times(tmp_path / "out.mp4") == pytest.approx(times(given), abs=1.5e-3)
    with av.open(str(tmp_path / "out.mp4")) as found:
        assert found.streams.video[0].codec_context.name == "h264"
        assert len(found.streams.audio) == (sound is not None)
        if sound is not None:
            samples = sum(frame.samples for frame in found.decode(audio=0))
            assert samples == pytest.approx(48000, abs=3000)


def test_pixels_are_those_that_were_given(tmp_path: Path) -> None:
    given = source(tmp_path / "a.mp4", sound=None)
    copied(given, tmp_path / "out.mp4")
    with FilmReader(probe(tmp_path / "out.mp4")) as reader:
        found = [float(frame.rgb().mean()) for frame in reader]
    assert found == pytest.approx([20 * number for number in range(10)], abs=4)


def test_nothing_is_left_of_what_went_wrong(tmp_path: Path) -> None:
    film = probe(source(tmp_path / "a.mp4", sound="aac"))
    with pytest.raises(RuntimeError, match="stop"), FilmWriter(tmp_path / "out.mp4", film):
        raise RuntimeError("stop")
    with pytest.raises(BadInputError, match="cannot write"):
        copied(film.path, tmp_path / "nowhere" / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
