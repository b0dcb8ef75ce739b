"""Packets that are told to be damaged without being decoded."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from drawn import X264, X264_OPEN, X265_OPEN, moving_film

from cinemotion.video.packets import PacketCheck
from cinemotion.video.probe import probe
from cinemotion.video.reader import FilmReader

FILMS = {
    "h264 mp4": ("a.mp4", "libx264", X264_OPEN),
    "h264 mkv": ("a.mkv", "libx264", X264),
    "h264 ts": ("a.ts", "libx264", X264),
    "hevc mp4": ("a.mp4", "libx265", X265_OPEN),
    "mpeg4 avi": ("a.avi", "mpeg4", {"g": "20", "bf": "2"}),
    "vp9 webm": ("a.webm", "libvpx-vp9", {"g": "20", "cpu-used": "8"}),
}


@pytest.mark.parametrize("kind", FILMS)
def test_packets_of_a_sound_film_are_whole(tmp_path: Path, kind: str) -> None:
    name, codec, options = FILMS[kind]
    path = moving_film(tmp_path / name, 60, codec=codec, options=options)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        check = PacketCheck(stream.codec_context)
        assert all(check.is_whole(packet) for packet in container.demux(stream))


@pytest.mark.parametrize("kind", ["h264 mp4", "h264 mkv", "hevc mp4"])
@pytest.mark.parametrize("byte", [b"\xff", b"\x00"], ids=["too long", "empty"])
def test_a_length_that_does_not_fit_is_counted_among_key_frames_alone(
    tmp_path: Path, kind: str, byte: bytes
) -> None:
    name, codec, options = FILMS[kind]
    path = moving_film(tmp_path / name, 60, codec=codec, options=options)
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size and not p.is_keyframe][30]
    data = path.read_bytes()
    place = data.index(bytes(packet))
    path.write_bytes(data[:place] + byte * 4 + data[place + 4 :])
    film = probe(path)
    for keys_only in (False, True):
        with FilmReader(film, key_frames_only=keys_only) as reader:
            assert list(reader)
        assert reader.errors >= 1, keys_only
    assert reader.errors == 1
    assert reader.first_error is not None and "damaged" in reader.first_error
